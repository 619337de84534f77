import { awsFetch } from '../aws/signed-fetch.ts'
import { settings } from '../config/index.ts'
import { Unavailable } from '../errors/standard.ts'
import type { Received } from '../net/send.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { callDeadline } from '../telemetry/scope.ts'

const CALL_MILLIS = 3_000

/** @returns the URL of a queue by its name in serverless.yml; `stock-dead` is a dead-letter queue */
export function queueUrl(name: string): string {
  return `${settings().QUEUE_URL_PREFIX}${name}`
}

/**
 * One call of the SQS JSON protocol; made once: the relay does what failed.
 * @throws Unavailable where SQS does not answer, or answers with an error
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
 */
export function callSqs<Reply>(action: string, input: Record<string, unknown>): Promise<Reply> {
  return breakerOf('sqs').run(() => post<Reply>(action, input))
}

async function post<Reply>(action: string, input: Record<string, unknown>): Promise<Reply> {
  const { AWS_REGION, AWS_ENDPOINT_URL_SQS } = settings()
  const endpoint = AWS_ENDPOINT_URL_SQS ?? `https://sqs.${AWS_REGION}.amazonaws.com`
  let response: Received
  let text: string
  try {
    response = await awsFetch('sqs', `${endpoint}/`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': `AmazonSQS.${action}`,
      },
      body: JSON.stringify(input),
      signal: callDeadline(CALL_MILLIS),
    })
    // Within the try: the connection may end in the middle of the body.
    text = await response.text()
  } catch (error) {
    throw Unavailable.because('sqs', error)
  }
  if (!response.ok) {
    const type = /"__type":"([^"]*)"/.exec(text)?.[1] ?? 'no type'
    throw Unavailable.because('sqs', new Error(`${action}: ${response.status} ${type}`))
  }
  return (text === '' ? {} : JSON.parse(text)) as Reply
}
