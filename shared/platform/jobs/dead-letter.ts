import type { SQSRecord } from 'aws-lambda'
import { callSqs, queueUrl } from '../queue/sqs.ts'
import { describeError, log } from '../telemetry/log.ts'

/**
 * Puts a message into its queue's dead-letter queue as it came, with the reason as an attribute.
 * @returns false where SQS did not take it: then the message must stay in its queue
 */
export async function deadLetter(
  queue: string,
  record: SQSRecord,
  reason: Error,
): Promise<boolean> {
  try {
    await callSqs('SendMessage', {
      QueueUrl: queueUrl(`${queue}-dead`),
      MessageBody: record.body,
      MessageAttributes: {
        reason: { DataType: 'String', StringValue: reason.message.slice(0, 200) },
      },
    })
    return true
  } catch (error) {
    log.warn('dead-letter queue took no message', { queue, error: describeError(error) })
    return false
  }
}
