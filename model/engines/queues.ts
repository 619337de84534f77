import type { SQSEvent, SQSRecord } from 'aws-lambda'
import type { Random } from '../world/random.ts'

type Kept = {
  id: string
  body: string
  visibleAt: number
  receives: number
  /** A message is delivered twice by mistake once. */
  copied: boolean
}
type Entry = { Id: string; MessageBody: string; DelaySeconds?: number }
type Input = { QueueUrl: string; Entries?: Entry[]; MessageBody?: string; DelaySeconds?: number }

/** Of infra/queues.yml, but for the visibility timeout, which is only a time that passes. */
const VISIBILITY_MILLIS = 30_000
const MAX_RECEIVES = 10

export type Delivery = { name: string; messages: Kept[]; event: SQSEvent }

/** SQS: at least once, in any order, with delays, a visibility timeout and dead letters. */
export class Queues {
  readonly #now: () => number
  readonly #random: Random
  readonly #wake: (millis: number) => void
  readonly #kept = new Map<string, Kept[]>()
  /** Told of each message that is taken. */
  told: (name: string, body: string) => void = () => undefined
  #sent = 0

  /** @param wake told when a message can be seen, in milliseconds from now */
  constructor(now: () => number, random: Random, wake: (millis: number) => void) {
    this.#now = now
    this.#random = random
    this.#wake = wake
  }

  /** One call of SQS's protocol. @throws where the model does not know it */
  run(action: string, input: Input): unknown {
    const name = nameOf(input.QueueUrl)
    if (action === 'SendMessage') {
      const { MessageBody = '', DelaySeconds = 0 } = input
      return { MessageId: this.#send(name, MessageBody, DelaySeconds) }
    }
    if (action === 'SendMessageBatch') {
      const { Entries = [] } = input
      const sent = Entries.map(({ Id, MessageBody, DelaySeconds = 0 }) => ({
        Id,
        MessageId: this.#send(name, MessageBody, DelaySeconds),
      }))
      return { Successful: sent, Failed: [] }
    }
    if (action === 'GetQueueAttributes') return { Attributes: this.#depths(name) }
    throw new Error(`the model's SQS does not know ${action}`)
  }

  /** Queues of which a message can be received now. */
  ready(): string[] {
    return [...this.#kept.keys()].filter(
      (name) => !name.endsWith('-dead') && this.#visible(name).length > 0,
    )
  }

  count(name: string): number {
    return this.#kept.get(name)?.length ?? 0
  }

  names(): string[] {
    return [...this.#kept.keys()]
  }

  /** Some of what is there, in any order, hidden until it is acknowledged or its time is up. */
  receive(name: string, most: number): Delivery {
    const messages = this.#random.shuffled(this.#visible(name)).slice(0, most)
    for (const message of messages) {
      message.visibleAt = this.#now() + VISIBILITY_MILLIS
      message.receives++
    }
    this.#wake(VISIBILITY_MILLIS)
    return {
      name,
      messages,
      event: { Records: messages.map((message) => recordOf(name, message)) },
    }
  }

  /** Takes handled messages out; one that was asked for too late is delivered again. */
  acknowledge({ name, messages }: Delivery, retried: readonly string[]): void {
    const done = new Set(messages.filter(({ id }) => !retried.includes(id)))
    this.#kept.set(
      name,
      this.#of(name).filter((message) => !done.has(message)),
    )
    // Lambda lets those that were not done be seen again only when their time is up.
  }

  /** SQS delivers some twice. */
  duplicate({ name, messages }: Delivery): void {
    for (const message of messages) {
      if (message.copied) continue
      message.copied = true
      this.#send(name, message.body, 0, true)
    }
  }

  /** What an operator does at the end. */
  redriveAll(): void {
    for (const name of this.names().filter((known) => known.endsWith('-dead'))) {
      for (const { body } of this.#of(name)) this.#send(name.slice(0, -'-dead'.length), body, 0)
      this.#kept.delete(name)
    }
  }

  #depths(name: string): Record<string, string> {
    const kept = this.#of(name)
    const hidden = kept.filter(({ visibleAt }) => visibleAt > this.#now())
    const [delayed, inFlight] = [0, 1].map(
      (atLeast) => hidden.filter(({ receives }) => Math.min(receives, 1) === atLeast).length,
    )
    return {
      ApproximateNumberOfMessages: String(kept.length - hidden.length),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
    }
  }

  #of(name: string): Kept[] {
    let kept = this.#kept.get(name)
    if (kept === undefined) {
      kept = []
      this.#kept.set(name, kept)
    }
    return kept
  }

  #send(name: string, body: string, delaySeconds: number, copied = false): string {
    const id = `m${++this.#sent}`
    this.#wake(delaySeconds * 1000)
    this.told(name, body)
    const visibleAt = this.#now() + delaySeconds * 1000
    this.#of(name).push({ id, body, visibleAt, receives: 0, copied })
    return id
  }

  #visible(name: string): Kept[] {
    const kept = this.#of(name)
    for (const spent of kept.filter(
      ({ visibleAt, receives }) => receives >= MAX_RECEIVES && visibleAt <= this.#now(),
    )) {
      kept.splice(kept.indexOf(spent), 1)
      this.#send(`${name}-dead`, spent.body, 0)
    }
    return kept.filter(({ visibleAt }) => visibleAt <= this.#now())
  }
}

const nameOf = (url: string) => url.replace(/^.*\/minimall-/, '')

const recordOf = (name: string, { id, body, receives }: Kept): SQSRecord =>
  ({
    messageId: id,
    body,
    attributes: { ApproximateReceiveCount: String(receives) },
    eventSourceARN: `arn:aws:sqs:::${name}`,
  }) as unknown as SQSRecord
