import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { ApiError } from '../../errors/api-error.ts'
import { InternalError } from '../../errors/standard.ts'
import { BreakerOpen } from '../../resilience/breaker.ts'
import { log } from '../../telemetry/log.ts'
import { currentScope } from '../../telemetry/scope.ts'
import type { HttpEvent, Internal, Reply, RouteDefinition } from '../definition.ts'
import { dataJson, Json } from '../json.ts'

/**
 * The last word on every answer: data or an error becomes the envelope, its status and its headers.
 * Errors that are not an ApiError are defects: logged with their cause, answered without a word.
 */
export function respond(
  definition: RouteDefinition,
): MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2, Error, Context, Internal> {
  return {
    after: (request) => {
      const reply = request.response as unknown as Reply<unknown>
      if (reply.data instanceof Json) request.internal.json = reply.data
      request.response =
        definition.format === 'raw' ? raw(reply, definition.contentType) : success(reply)
    },
    onError: (request) => {
      delete request.internal.json
      request.response = failure(request.error)
    },
  }
}

/** JSON, or text of another type; without data there is no body to have a type. */
function raw(
  { status, data, headers }: Reply<unknown>,
  contentType: string | undefined,
): APIGatewayProxyStructuredResultV2 {
  if (data === undefined) return answer(status, '', headers)
  if (contentType === undefined) return answer(status, JSON.stringify(data), headers)
  return answer(status, String(data), { 'content-type': contentType, ...headers })
}

function success({ status, data, headers }: Reply<unknown>): APIGatewayProxyStructuredResultV2 {
  const traceId = currentScope()?.traceId
  if (data instanceof Json) return answer(status, data.envelope(traceId), headers)
  // Only health answers a failure with data: what is down is the answer.
  const said = status < 400 ? '"code":0,"message":"ok"' : `"code":${status}01,"message":"failed"`
  return answer(status, `{${said},"data":${dataJson(data)},"traceId":"${traceId}"}`, headers)
}

/** The envelope of an error. */
export function failure(error: unknown): APIGatewayProxyStructuredResultV2 {
  const shown = error instanceof ApiError ? error : new InternalError(undefined, { cause: error })
  if (shown.status === 500) log.error('request failed', error)
  // An open breaker has said so itself, once: it may refuse thousands a second.
  else if (shown.status === 503 && !(shown instanceof BreakerOpen)) {
    log.error('request unavailable', error)
  }
  const { code, message, details, status, retryAfterSeconds } = shown
  const body = JSON.stringify({
    code,
    message,
    data: null,
    traceId: currentScope()?.traceId,
    details,
  })
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` }
  return answer(status, body, headers)
}

function answer(
  statusCode: number,
  body: string,
  headers: Record<string, string>,
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: {
      ...(body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      'cache-control': 'no-store',
      'x-trace-id': currentScope()?.traceId ?? '',
      ...headers,
    },
    body,
  }
}
