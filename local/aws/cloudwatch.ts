import { bodyOf, type Listening, listen } from '../lib/http.ts'

type Queue = { messages: Record<'ready' | 'delayed' | 'inflight', unknown[]> }
type Request = { MetricName?: string; Dimensions?: { Name: string; Value: string }[] }

/**
 * The one CloudWatch metric that the shop reads: ApproximateAgeOfOldestMessage of a queue, worked
 * out from what the local SQS server has.
 */
export async function startCloudWatch({ sqs }: { sqs: string }): Promise<Listening> {
  return listen((request, response) => {
    void bodyOf(request)
      .then((body) => statistics(sqs, JSON.parse(body.toString()) as Request))
      .catch(() => ({ Datapoints: [] }))
      .then((reply) => response.end(JSON.stringify(reply)))
  })
}

async function statistics(sqs: string, { Dimensions = [] }: Request) {
  const name = Dimensions.find(({ Name }) => Name === 'QueueName')?.Value ?? ''
  const found = await fetch(`${sqs}/_fauxqs/queues/${name}`)
  if (!found.ok) return { Datapoints: [] }
  const { messages } = (await found.json()) as Queue
  const times = [...messages.ready, ...messages.inflight].map(sentAt).filter((time) => time > 0)
  const oldest = Math.min(...times)
  const now = Date.now()
  const Maximum = times.length === 0 ? 0 : Math.max(0, (now - oldest) / 1000)
  return { Datapoints: [{ Timestamp: now / 1000, Maximum }] }
}

/** In-flight entries wrap their message. */
function sentAt(entry: unknown): number {
  const { message = entry } = entry as { message?: unknown }
  return Number((message as { sentTimestamp?: number }).sentTimestamp ?? 0)
}
