import { awsFetch } from '../aws/signed-fetch.ts'
import { settings } from '../config/index.ts'
import { describeError, log } from '../telemetry/log.ts'
import { callDeadline } from '../telemetry/scope.ts'
import { queueUrl } from './sqs.ts'

type Statistics = { Datapoints?: { Timestamp: number; Maximum: number }[] }

/**
 * Age of the oldest message in a queue, which only CloudWatch knows (SQS has no such attribute).
 * @returns whole seconds; 0 where CloudWatch has no datapoint or does not answer: the rest of the
 *   view is worth more than its failure
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export async function oldestMessageSeconds(name: string): Promise<number> {
  const { AWS_REGION, AWS_ENDPOINT_URL_CLOUDWATCH } = settings()
  const endpoint = AWS_ENDPOINT_URL_CLOUDWATCH ?? `https://monitoring.${AWS_REGION}.amazonaws.com`
  const now = Math.floor(Date.now() / 1000)
  try {
    const response = await awsFetch('monitoring', `${endpoint}/`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': 'GraniteServiceVersion20100801.GetMetricStatistics',
      },
      body: JSON.stringify({
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: queueUrl(name).split('/').at(-1) }],
        StartTime: now - 300,
        EndTime: now,
        Period: 60,
        Statistics: ['Maximum'],
      }),
      signal: callDeadline(2_000),
    })
    if (!response.ok) throw new Error(`CloudWatch answered ${response.status}`)
    const { Datapoints = [] } = (await response.json()) as Statistics
    const newest = Datapoints.toSorted((a, b) => b.Timestamp - a.Timestamp)[0]
    return Math.round(newest?.Maximum ?? 0)
  } catch (error) {
    log.warn('age of oldest message is unknown', { queue: name, error: describeError(error) })
    return 0
  }
}
