import { callSqs, queueUrl } from './sqs.ts'

/** A message in a dead-letter queue, as it was received. */
export type Letter = {
  /** SQS's own id of it; a message that died twice is two letters. */
  id: string
  body: string
  /** With this it is deleted, or given back. */
  receipt: string
  sentAt: Date
  /** Tries of its consumer, and looks since. */
  receivedCount: number
  /** Why it was set aside at once; without one its tries were used up. */
  reason: string | undefined
}

type Received = {
  Messages?: {
    MessageId: string
    ReceiptHandle: string
    Body: string
    Attributes?: { SentTimestamp?: string; ApproximateReceiveCount?: string }
    MessageAttributes?: { reason?: { StringValue?: string } }
  }[]
}
type BatchReply = { Successful?: { Id: string }[] }

/** SQS hands out at most ten messages a call. */
export const RECEIVE_COUNT = 10
/**
 * SQS can't be looked into: who receives a letter hides it from everybody else. Longer than any call
 * of the API can take; a letter that is not given back (the function died) is seen again after that.
 */
export const HIDDEN_SECONDS = 60

const deadUrl = (queue: string) => queueUrl(`${queue}-dead`)

/**
 * Takes letters out of sight of others for {@link HIDDEN_SECONDS}.
 * @param count at most ten
 * @param waitSeconds how long SQS waits for one; without a wait it asks only some of its servers, and
 *   may find nothing where there is something
 * @throws Unavailable where SQS does not answer
 */
export async function receiveLetters(
  queue: string,
  count: number,
  waitSeconds: number,
): Promise<Letter[]> {
  const { Messages = [] } = await callSqs<Received>('ReceiveMessage', {
    QueueUrl: deadUrl(queue),
    MaxNumberOfMessages: Math.min(count, RECEIVE_COUNT),
    VisibilityTimeout: HIDDEN_SECONDS,
    WaitTimeSeconds: waitSeconds,
    MessageAttributeNames: ['reason'],
    MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
  })
  return Messages.map((message) => ({
    id: message.MessageId,
    body: message.Body,
    receipt: message.ReceiptHandle,
    sentAt: new Date(Number(message.Attributes?.SentTimestamp ?? 0)),
    receivedCount: Number(message.Attributes?.ApproximateReceiveCount ?? 0),
    reason: message.MessageAttributes?.reason?.StringValue,
  }))
}

/** Does one batch call for letters, ten at a time. @returns those that SQS says it was done for */
async function inBatches(
  letters: readonly Letter[],
  action: string,
  entryOf: (letter: Letter) => Record<string, unknown>,
  url: string,
): Promise<Letter[]> {
  const done: Letter[] = []
  for (let at = 0; at < letters.length; at += RECEIVE_COUNT) {
    const some = letters.slice(at, at + RECEIVE_COUNT)
    const { Successful = [] } = await callSqs<BatchReply>(action, {
      QueueUrl: url,
      Entries: some.map((letter, index) => ({ Id: String(index), ...entryOf(letter) })),
    })
    done.push(...Successful.flatMap(({ Id }) => some[Number(Id)] ?? []))
  }
  return done
}

/** Lets others see letters again, at once. @throws Unavailable: then they are seen after a minute */
export async function releaseLetters(queue: string, letters: readonly Letter[]): Promise<void> {
  await inBatches(
    letters,
    'ChangeMessageVisibilityBatch',
    ({ receipt }) => ({ ReceiptHandle: receipt, VisibilityTimeout: 0 }),
    deadUrl(queue),
  )
}

/** Takes letters away for good. @returns those that are gone */
export function deleteLetters(queue: string, letters: readonly Letter[]): Promise<Letter[]> {
  return inBatches(
    letters,
    'DeleteMessageBatch',
    ({ receipt }) => ({ ReceiptHandle: receipt }),
    deadUrl(queue),
  )
}

/**
 * Puts letters back into their queue as they were, each before it is deleted: cut off in between, one
 * is there twice, which consumers take, and none is lost.
 * @param letters at most ten, together not more than a call of SQS takes: see `batchesOf`
 * @returns those that were moved
 */
export async function sendBack(queue: string, letters: readonly Letter[]): Promise<Letter[]> {
  const sent = await inBatches(
    letters,
    'SendMessageBatch',
    ({ body }) => ({ MessageBody: body }),
    queueUrl(queue),
  )
  await deleteLetters(queue, sent)
  return sent
}
