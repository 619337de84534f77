import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { cacheCounts } from '../../cache/counts.ts'
import { log } from '../../telemetry/log.ts'
import type { HttpEvent, Internal, RouteDefinition } from '../definition.ts'

/** One line per request, and the time that it took as a Server-Timing header. */
export function accessLog(
  definition: RouteDefinition,
): MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2, Error, Context, Internal> {
  const finish = (request: {
    event: HttpEvent
    response?: APIGatewayProxyStructuredResultV2 | null | undefined
    internal: Internal
  }) => {
    const durationMs = Math.round((performance.now() - request.internal.startedAt) * 100) / 100
    const headers = request.response?.headers
    if (headers !== undefined) headers['server-timing'] = `app;dur=${durationMs}`
    log.info('request', {
      method: definition.method,
      route: definition.path,
      status: request.response?.statusCode,
      userId: request.event.input?.user?.id,
      durationMs,
      ...cacheCounts(),
    })
  }
  return {
    before: ({ internal }) => {
      internal.startedAt = performance.now()
    },
    after: finish,
    onError: finish,
  }
}
