import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { currentScope } from '../../telemetry/scope.ts'
import type { HttpEvent, Internal } from '../definition.ts'
import { codingFor, pack } from '../encoding.ts'

/** Below this, in bytes, compression costs more than it saves. */
const THRESHOLD_BYTES = 1024

/** Compresses answers of more than 1 KiB for clients that take brotli or gzip. */
export function compress(): MiddlewareObj<
  HttpEvent,
  APIGatewayProxyStructuredResultV2,
  Error,
  Context,
  Internal
> {
  const compressed = (request: {
    event: HttpEvent
    response?: APIGatewayProxyStructuredResultV2 | null | undefined
    internal: Internal
  }) => {
    const { response } = request
    const { json } = request.internal
    if (response?.body === undefined || Buffer.byteLength(response.body) <= THRESHOLD_BYTES) return
    response.headers = { ...response.headers, vary: 'accept-encoding' }
    const coding = codingFor(request.event.headers['accept-encoding'])
    if (coding === undefined) return
    response.headers['content-encoding'] = coding
    response.body =
      json === undefined
        ? pack(coding, Buffer.from(response.body)).toString('base64')
        : json.packed(coding, currentScope()?.traceId)
    response.isBase64Encoded = true
  }
  return { after: compressed, onError: compressed }
}
