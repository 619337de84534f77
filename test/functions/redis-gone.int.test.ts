import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readRoutes } from '../../local/docs/routes.ts'
import { ROOT } from '../../local/root.ts'
import { createDatabase } from '../../shared/platform/database/database.ts'
import { sql } from '../../shared/platform/database/sql.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import { log } from '../../shared/platform/telemetry/log.ts'
import { contextOf } from '../support/context.ts'
import { deviations } from '../support/contract.ts'
import { insertSku } from '../support/order-path.ts'
import { ownDatabase } from '../support/own-database.ts'

/**
 * What each route answers while Redis is gone, for a user who is signed in and has placed an order then.
 * Routes of admins are closed; so is what is about sessions, and closing an account, which ends them.
 */
const EXPECTED: Record<string, number> = {
  'addresses/create': 201,
  'addresses/list': 200,
  'addresses/remove': 200,
  'addresses/replace': 404,
  'auth/end-session': 503,
  'auth/end-sessions': 503,
  'auth/login': 503,
  'auth/logout': 503,
  'auth/refresh': 503,
  'auth/sessions': 503,
  'cart/put': 200,
  'cart/remove': 200,
  'cart/view': 200,
  'catalog/categories': 200,
  'catalog/home': 200,
  'catalog/list': 200,
  'catalog/product': 200,
  'coupons/claim': 404,
  'coupons/list': 200,
  'coupons/mine': 200,
  'orders/cancel': 200,
  'orders/confirm': 409,
  'orders/create': 202,
  'orders/detail': 200,
  'orders/list': 200,
  'orders/pay': 409,
  'orders/refund': 409,
  'users/change': 200,
  'users/close': 503,
  'users/info': 200,
  'users/phone': 200,
  'users/put': 200,
}
/** In this order, since the others need what these make. */
const FIRST = ['orders/create', 'cart/put']
/** Says how the parts are, and is of no user. */
const ASIDE = ['ops/health', 'ops/alive']

let database: Awaited<ReturnType<typeof ownDatabase>>
beforeAll(async () => {
  vi.spyOn(log, 'error').mockImplementation(() => {})
  database = await ownDatabase('redis_gone')
  // Nothing listens on the discard port. Before any function is loaded, which reads its settings then.
  const away = { UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9', DATABASE_URL: database.url }
  Object.assign(process.env, away)
  delete process.env.DATABASE_REPLICA_URL
  const db = createDatabase(database.url)
  // For long: orders wait no more for what Redis had accepted.
  await db.write(sql`UPDATE order_intake SET way = 'database' WHERE id = 1`)
  const now = new Date()
  await db.write(
    sql`INSERT INTO users (id, openid, created_at, updated_at) VALUES ('7', 'o7', ${now}, ${now})`,
  )
  await db.write(
    sql`INSERT INTO products (category_id, title, description, images, status, min_price_fen, sales,
          terms, created_at, updated_at)
        VALUES (1, 'x', '', '[]', 'published', 1, 0, '', ${now}, ${now})`,
  )
  // The samples buy the tenth.
  for (let at = 0; at < 10; at++) await insertSku(db, 5)
})
afterAll(() => database.stop())

it('each route answers as the table says while Redis is gone', async () => {
  const { signAccess } = await import('../../shared/platform/auth/access.ts')
  const routes = (await readRoutes()).filter(
    ({ name, definition }) =>
      definition.path !== '$default' && definition.format !== 'raw' && !ASIDE.includes(name),
  )
  const turn = ({ name }: { name: string }) => (FIRST.includes(name) ? 0 : 1)
  const answers: Record<string, number> = {}
  const admins = new Set<number>()
  let orderId = ''
  for (const { name, definition } of routes.toSorted((a, b) => turn(a) - turn(b))) {
    const role = definition.auth === 'admin' ? 'admin' : 'user'
    const token = await signAccess({ id: '7', role, sessionId: 'x'.repeat(22) })
    const sample = readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8')
    const event = JSON.parse(sample.replace('ACCESS_TOKEN', token))
    if (name.startsWith('orders/') && event.pathParameters) event.pathParameters.id = orderId
    // WeChat takes each code once, and other tests use those of the samples.
    event.body = event.body?.replace(/((?:mock|phone):\w+):[\w-]+/, `$1:${randomUUID()}`)
    if (name === 'auth/refresh') {
      const refreshToken = [22, 22, 43].map((length) => 'x'.repeat(length)).join('.')
      event.body = JSON.stringify({ refreshToken })
    }
    const { handler } = (await import(join(ROOT, 'functions', `${name}.ts`))) as { handler: Route }
    const { statusCode = 0, headers, body = '' } = await handler(event, contextOf())
    if (name === 'orders/create') orderId = JSON.parse(body).data.orderId
    if (role === 'admin') admins.add(statusCode)
    else answers[name] = statusCode
    const { method, path } = event.requestContext.http
    const answered = {
      status: statusCode,
      headers: new Headers(headers as Record<string, string>),
      text: body,
    }
    expect(deviations(method, path, answered)).toEqual([])
  }
  expect(answers).toEqual(EXPECTED)
  expect([...admins]).toEqual([503])
})
