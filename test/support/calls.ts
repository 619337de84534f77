import { inject, vi } from 'vitest'

export type Calls = {
  /** Commands to Redis, as the Upstash bridge got them: `EVALSHA`, `GET`, … */
  redis: string[]
  /** SQL statements, as the bridge of the primary got them. */
  statements: string[]
  /** Actions of SQS: `SendMessageBatch`, … */
  sqs: string[]
}

/** Notes every call to a service that `work` causes; the services answer as ever. */
export async function callsOf(work: () => Promise<unknown>): Promise<Calls> {
  const { redisRest = '', databaseUrl = '', sqs = '' } = inject('endpoints')
  const calls: Calls = { redis: [], statements: [], sqs: [] }
  const real = globalThis.fetch
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    const { host } = new URL(request.url)
    if (host === new URL(redisRest).host) {
      calls.redis.push(String(((await request.clone().json()) as unknown[])[0]).toUpperCase())
    } else if (host === new URL(databaseUrl).host) {
      const { query } = (await request.clone().json()) as { query: string }
      calls.statements.push(query.replace(/\s+/g, ' ').replace(/ ?\/\*.*\*\/$/, ''))
    } else if (host === new URL(sqs).host) {
      calls.sqs.push(request.headers.get('x-amz-target')?.split('.').at(-1) ?? '')
    }
    return real(request)
  })
  try {
    await work()
  } finally {
    spy.mockRestore()
  }
  return calls
}
