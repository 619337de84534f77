import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { createDatabase } from '../../../shared/platform/database/database.ts'
import { OutcomeUnknown } from '../../../shared/platform/database/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { openBucket } from '../../../shared/platform/files/bucket.ts'
import { sendBulkMail } from '../../../shared/platform/mail/ses.ts'
import { callSqs } from '../../../shared/platform/queue/sqs.ts'
import { redis } from '../../../shared/platform/redis/client.ts'
import { BreakerOpen, createBreaker } from '../../../shared/platform/resilience/breaker.ts'
import { createWechatCall } from '../../../shared/platform/wechat/call.ts'
import { wechatPay } from '../../../shared/platform/wechat/pay/index.ts'
import { openidOfCode } from '../../../shared/platform/wechat/session.ts'

/** Every upstream at once; the settings of these tests lead to it. */
let server: Server
let url: string
let answer: { status: number; body: string } | 'none'
let asked = 0
const queries: string[] = []

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  server = createServer(async (request: IncomingMessage, response) => {
    asked++
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { query } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { query?: string }
    if (query !== undefined) queries.push(query.split(' ')[0] as string)
    if (answer === 'none') response.destroy()
    else response.writeHead(answer.status).end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const name of [
    'UPSTASH_REDIS_REST_URL',
    'AWS_ENDPOINT_URL_SQS',
    'AWS_ENDPOINT_URL_SESV2',
    'AWS_ENDPOINT_URL_S3',
    'WECHAT_API_URL',
    'WECHAT_PAY_URL',
  ]) {
    process.env[name] = url
  }
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})
beforeEach(() => {
  queries.length = 0
})

const failing = { status: 500, body: '' }
const mail = () => sendBulkMail({ subject: 'x', html: 'x' }, ['a@example.com'])
const token = { get: async () => 'token', replace: async () => 'token' }
const wechat = (path: `/${string}`) => createWechatCall(url, token)(path, {}, z.object({}))

describe('an upstream that fails ten times in a row is left alone', () => {
  it.each<[string, typeof answer, () => Promise<unknown>]>([
    ['SQS', failing, () => callSqs('SendMessage', {})],
    ['S3', failing, () => openBucket('b').has('k')],
    ['code2session', failing, () => openidOfCode('code')],
    ['a path of WeChat', failing, () => wechat('/one')],
    [
      'WeChat, which says that it is busy',
      { status: 200, body: '{"errcode":-1}' },
      () => wechat('/two'),
    ],
    ['WeChat Pay', failing, () => wechatPay().query('1')],
    ['Redis', failing, () => redis().get('k')],
  ])('%s', async (_, said, call) => {
    answer = said
    for (let count = 0; count < 10; count++) await expect(call()).rejects.toThrow()
    const before = asked
    await expect(call()).rejects.toThrow(BreakerOpen)
    expect(asked).toBe(before)
  })

  it('SES: nothing is sent, and nothing unknown', async () => {
    answer = failing
    for (let count = 0; count < 5; count++) expect(await mail()).toEqual([{ state: 'unknown' }])
    answer = 'none'
    for (let count = 0; count < 5; count++) expect(await mail()).toEqual([{ state: 'unknown' }])
    const before = asked
    expect(await mail()).toEqual([{ state: 'later', reason: 'SES is failing' }])
    expect(asked).toBe(before)
  })
})

it('a path of WeChat that refuses what it is asked is well', async () => {
  answer = { status: 200, body: '{"errcode":47003}' }
  for (let count = 0; count < 50; count++)
    await expect(wechat('/three')).rejects.not.toThrow(BreakerOpen)
})

describe('a transaction', () => {
  const done = { status: 200, body: JSON.stringify({ session: {}, result: {} }) }
  const database = () => {
    const breaker = createBreaker({ name: 'database' })
    return { breaker, db: createDatabase(`${url.replace('//', '//u:p@')}/x`, { breaker }) }
  }

  it('that was begun is brought to its end, whatever the breaker says', async () => {
    const { breaker, db } = database()
    answer = done
    await db.transaction(async (tx) => {
      answer = 'none'
      for (let count = 0; count < 10; count++) await tx.query(sql`SELECT 1`).catch(() => undefined)
      answer = done
      expect(breaker.state).toBe('open')
      await tx.write(sql`UPDATE x SET y = 1`)
    })
    expect(queries.slice(-2)).toEqual(['UPDATE', 'COMMIT'])
  })

  it('is not begun while the breaker is open', async () => {
    const { db } = database()
    answer = 'none'
    const run = () => db.transaction((tx) => tx.query(sql`SELECT 1`))
    for (let count = 0; count < 10; count++) await expect(run()).rejects.toThrow()
    queries.length = 0
    const error = await run().catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(BreakerOpen)
    expect(error).not.toBeInstanceOf(OutcomeUnknown)
    expect(queries).toEqual([])
  })
})
