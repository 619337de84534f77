import { configure, getCurrentInvoke } from '@codegenie/serverless-express'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { failure } from '../../../shared/platform/http/middlewares/respond.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { traceIdFrom } from '../../../shared/platform/telemetry/scope.ts'
import { checkQuery, envelope, identityOf, logRequest, ROUTE, traceId, users } from './work.ts'

const scope: RequestHandler = (request, response, next) => {
  const { context } = getCurrentInvoke() as { context: Context }
  response.locals.startedAt = performance.now()
  void invocation(context, ROUTE, traceIdFrom(request.get('x-trace-id')), async () => next())
}

const authenticate: RequestHandler = async (request, response, next) => {
  response.locals.user = await identityOf(request.get('authorization'))
  next()
}

const validate: RequestHandler = (request, _response, next) => {
  checkQuery(request.query)
  next()
}

const info: RequestHandler = async (_request, response) => {
  const { user, startedAt } = response.locals
  const body = envelope(await users.get(user.id))
  response
    .status(200)
    .set({
      'cache-control': 'no-store',
      'x-trace-id': traceId(),
      'server-timing': logRequest(startedAt, 200, user.id),
    })
    .json(body)
}

const fail: ErrorRequestHandler = (error, _request, response, _next) => {
  const { statusCode = 500, body } = failure(error)
  const { user, startedAt } = response.locals
  response.set('server-timing', logRequest(startedAt, statusCode, user?.id))
  response.status(statusCode).type('json').send(body)
}

const app = express()
// Ours does neither.
app.disable('x-powered-by').disable('etag')
app.use(scope)
app.get('/api/user/info', authenticate, validate, info)
app.use(fail)

/** The route in Express, behind `@codegenie/serverless-express`. */
export const handler = configure({ app }) as unknown as (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>
