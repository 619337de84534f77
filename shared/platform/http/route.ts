import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { Unavailable } from '../errors/standard.ts'
import { DEADLINE_RESERVE_MILLIS, invocation } from '../telemetry/invocation.ts'
import { traceIdFrom } from '../telemetry/scope.ts'
import {
  type Answer,
  type HttpEvent,
  type Input,
  Reply,
  type RouteDefinition,
} from './definition.ts'
import { accessLog } from './middlewares/access-log.ts'
import { authenticate } from './middlewares/authenticate.ts'
import { compress } from './middlewares/compress.ts'
import { idempotently } from './middlewares/idempotently.ts'
import { inTime } from './middlewares/in-time.ts'
import { limitAddress, limitRequest } from './middlewares/limit.ts'
import { respond } from './middlewares/respond.ts'
import { validate } from './middlewares/validate.ts'

export type Route<D extends RouteDefinition = RouteDefinition> = ((
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>) & { definition: D }

/**
 * Makes a Lambda handler of a route: this list is every middleware that a request passes, in order
 * on the way in, and in reverse on the way out.
 * @param handle gets checked input and returns data; throws an ApiError for what a client may see,
 *   anything else becomes a 500 without a word about it
 */
export function route<const D extends RouteDefinition>(
  definition: D,
  handle: (input: Input<D>) => Promise<Answer<D>> | Answer<D>,
): Route<D> {
  const stack = middy<HttpEvent, APIGatewayProxyStructuredResultV2>({
    timeoutEarlyInMillis: DEADLINE_RESERVE_MILLIS / 2,
    timeoutEarlyResponse: () => {
      throw Unavailable.because('handler', new Error('no answer before the deadline'))
    },
  })
    .use(accessLog(definition))
    .use(compress())
    .use(limitAddress(definition))
    .use(respond(definition))
    .use(inTime(definition))
    .use(authenticate(definition))
    .use(limitRequest(definition))
    .use(validate(definition))
    .handler(
      idempotently(definition, async (event) => {
        const answer = await handle(event.input as Input<D>)
        return answer instanceof Reply ? answer : new Reply(200, answer)
      }) as never,
    )
  const name = `${definition.method} ${definition.path}`
  const handler = (event: APIGatewayProxyEventV2, context: Context) =>
    invocation(context, name, traceIdFrom(event.headers['x-trace-id']), () =>
      stack(event as HttpEvent, context),
    )
  return Object.assign(handler, { definition })
}
