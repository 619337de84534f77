import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRoutes } from '../../local/docs/routes.ts'
import { ROOT } from '../../local/root.ts'
import { signAccess } from '../../shared/platform/auth/access.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import { contextOf } from '../support/context.ts'
import { deviations } from '../support/contract.ts'

/** The sample of the one holds no token that Redis would be asked about; the other asks nothing ever. */
const UNTOUCHED = ['auth/refresh', 'ops/alive']
// Answers without our envelope need nothing (JWKS, the contract), or a signature of WeChat's first.
const routes = (await readRoutes()).filter(
  ({ name, definition }) =>
    definition.path !== '$default' && definition.format !== 'raw' && !UNTOUCHED.includes(name),
)

// The settings of these tests name services that are not there.
it.each(routes)('$name answers 50301 while nothing that it needs is there', async ({ name }) => {
  const token = await signAccess({ id: '1', role: 'admin', sessionId: 'x'.repeat(22) })
  const sample = readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8')
  const event = JSON.parse(sample.replace('ACCESS_TOKEN', token))
  const { handler } = (await import(join(ROOT, 'functions', `${name}.ts`))) as { handler: Route }
  const { statusCode = 0, headers, body = '' } = await handler(event, contextOf())
  const { method, path } = event.requestContext.http
  expect([statusCode, JSON.parse(body).code]).toEqual([503, 50301])
  const answered = {
    status: statusCode,
    headers: new Headers(headers as Record<string, string>),
    text: body,
  }
  expect(deviations(method, path, answered)).toEqual([])
})
