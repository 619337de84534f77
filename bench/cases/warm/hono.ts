import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import type { Identity } from '../../../shared/platform/auth/identity.ts'
import { failure } from '../../../shared/platform/http/middlewares/respond.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { traceIdFrom } from '../../../shared/platform/telemetry/scope.ts'
import { checkQuery, envelope, identityOf, logRequest, ROUTE, traceId, users } from './work.ts'

type Env = {
  Bindings: { lambdaContext: Context }
  Variables: { user: Identity; startedAt: number }
}

const app = new Hono<Env>()
app.use(async (c, next) => {
  c.set('startedAt', performance.now())
  await invocation(c.env.lambdaContext, ROUTE, traceIdFrom(c.req.header('x-trace-id')), next)
})
app.get(
  '/api/user/info',
  async (c, next) => {
    c.set('user', await identityOf(c.req.header('authorization')))
    await next()
  },
  async (c, next) => {
    checkQuery(c.req.query())
    await next()
  },
  async (c) => {
    const { user, startedAt } = c.var
    const body = envelope(await users.get(user.id))
    return c.json(body, 200, {
      'cache-control': 'no-store',
      'x-trace-id': traceId(),
      'server-timing': logRequest(startedAt, 200, user.id),
    })
  },
)
app.onError((error, c) => {
  const { statusCode = 500, body = '' } = failure(error)
  c.header('server-timing', logRequest(c.var.startedAt, statusCode, c.var.user?.id))
  c.header('content-type', 'application/json; charset=utf-8')
  return c.body(body, statusCode as 500)
})

/** The route in Hono, behind its Lambda adapter. */
export const handler = handle(app) as unknown as (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>
