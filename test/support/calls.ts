import { ClientRequest } from 'node:http'
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
  const hosts = [redisRest, databaseUrl, sqs].map((url) => new URL(url).host)
  const end = ClientRequest.prototype.end
  const spy = vi.spyOn(ClientRequest.prototype, 'end').mockImplementation(function (
    this: ClientRequest,
    ...given: unknown[]
  ) {
    const to = hosts.indexOf(String(this.getHeader('host')))
    if (to === 0) calls.redis.push(String(JSON.parse(String(given[0]))[0]))
    else if (to === 1) calls.statements.push(textOf(JSON.parse(String(given[0])).query))
    else if (to === 2)
      calls.sqs.push(String(this.getHeader('x-amz-target')).split('.').at(-1) ?? '')
    return end.apply(this, given as never)
  })
  try {
    await work()
  } finally {
    spy.mockRestore()
  }
  return calls
}

/** A statement in one line, without its comment. */
const textOf = (query: string) => query.replace(/\s+/g, ' ').replace(/ ?\/\*.*\*\/$/, '')
