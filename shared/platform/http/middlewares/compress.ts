import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { HttpEvent } from '../definition.ts'

const gzipAsync = promisify(gzip)
/** Below this, in bytes, compression costs more than it saves. */
const THRESHOLD_BYTES = 1024

/**
 * @returns true where Accept-Encoding takes gzip (RFC 9110, section 12.5.3): what it says of gzip
 *   itself counts before what it says of `*`, wherever the two stand
 */
export function acceptsGzip(header: string | undefined): boolean {
  const taken = new Map<string | undefined, boolean>()
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [coding, ...parameters] = part.split(';').map((piece) => piece.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    taken.set(coding, quality === undefined || Number(quality.slice(2)) > 0)
  }
  return taken.get('gzip') ?? taken.get('*') ?? false
}

/** Compresses answers of more than 1 KiB for clients that take gzip. */
export function compress(): MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2> {
  const pack = async (request: {
    event: HttpEvent
    response?: APIGatewayProxyStructuredResultV2 | null | undefined
  }) => {
    const { response } = request
    if (response?.body === undefined || Buffer.byteLength(response.body) <= THRESHOLD_BYTES) return
    response.headers = { ...response.headers, vary: 'accept-encoding' }
    if (!acceptsGzip(request.event.headers['accept-encoding'])) return
    const packed = await gzipAsync(response.body)
    response.headers['content-encoding'] = 'gzip'
    response.body = packed.toString('base64')
    response.isBase64Encoded = true
  }
  return { after: pack, onError: pack }
}
