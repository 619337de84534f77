import { type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { traceIdFrom } from '../../shared/platform/telemetry/scope.ts'

/** The part of hapi, serverless-offline's server, that is used here. */
export type HapiServer = {
  listener: Server
  ext(
    event: 'onRequest' | 'onPreHandler' | 'onPreResponse',
    handle: (request: HapiRequest, h: HapiToolkit) => unknown,
  ): void
}
type HapiRequest = {
  /** Throws where the Host header cannot be part of a URL. */
  readonly url: URL | null
  mime: string | null
  headers: Record<string, string | undefined>
  response:
    | { isBoom: true; output: { statusCode: number } }
    | { isBoom?: false; statusCode: number; headers: Record<string, unknown> }
}
type HapiReply = {
  code(status: number): HapiReply
  header(name: string, value: string): HapiReply
  takeover(): HapiReply
}
type HapiToolkit = { continue: symbol; response(body: unknown): HapiReply }

const UNREADABLE = 'the request cannot be read'
const REFUSALS: Record<number, string> = {
  404: 'not found',
  413: 'the body is larger than 256 KiB',
  431: 'the headers are too large',
  503: 'the service is busy: try again in a moment',
}

/**
 * As many requests at once as an account of AWS runs functions at once, unless it asks for more. One
 * process has them all: with more of them all would run out of time, instead of a few being told so.
 */
export const MOST_REQUESTS = 1_000

/**
 * Hands bodies on as they came, as API Gateway does. serverless-offline reads JSON, and makes of the
 * texts `false` and `0` a body that is no text.
 */
export function handBodiesOn(server: HapiServer): void {
  server.ext('onPreHandler', (request, h) => {
    // By this alone it chooses; functions see the header as it came.
    request.mime = 'text/plain'
    return h.continue
  })
}

/**
 * Gives our envelope to what serverless-offline answers by itself: requests that it cannot read, and
 * functions that crashed. (On AWS these come from API Gateway, with a body of its own.)
 */
export function envelopeGatewayErrors(server: HapiServer, most = MOST_REQUESTS): void {
  let running = 0
  server.listener.prependListener('request', (_, response) => {
    running++
    response.once('close', () => running--)
  })
  server.ext('onRequest', (request, h) => {
    // What API Gateway answers where Lambda has no container left.
    if (running > most) return reply(request, h, 503).header('retry-after', '1')
    // serverless-offline would allow every origin, and answer OPTIONS with 200; the deployed API does
    // neither. Functions still see the header: they get it from the raw request.
    delete request.headers.origin
    return hasUrl(request) ? h.continue : reply(request, h, 400)
  })
  server.ext('onPreResponse', (request, h) => {
    const { response } = request
    const status = response.isBoom ? response.output.statusCode : response.statusCode
    const answered = !response.isBoom && response.headers['x-trace-id'] !== undefined
    // A function that crashed or ran out of time is answered with 200 and its stack trace.
    return answered ? h.continue : reply(request, h, status >= 400 && status < 500 ? status : 500)
  })
  server.listener.removeAllListeners('clientError')
  server.listener.on('clientError', refuseBytes)
}

function hasUrl(request: HapiRequest): boolean {
  try {
    return request.url !== undefined
  } catch {
    return false
  }
}

function reply(request: HapiRequest, h: HapiToolkit, status: number): HapiReply {
  const { code, traceId, body } = refusal(status, request.headers['x-trace-id'])
  return h
    .response(body)
    .code(Math.floor(code / 100))
    .header('x-trace-id', traceId)
    .takeover()
}

function refusal(status: number, candidate?: string) {
  const known = REFUSALS[status]
  const code = known === undefined ? (status < 500 ? 40001 : 50001) : status * 100 + 1
  const message = known ?? (status < 500 ? UNREADABLE : 'something went wrong on our side')
  const traceId = traceIdFrom(candidate)
  return { code, traceId, body: { code, message, data: null, traceId } }
}

/** Answers bytes that are no HTTP request, where there is nothing yet that hapi could answer. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const { traceId, body } = refusal(status)
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n` +
      `content-type: application/json\r\nx-trace-id: ${traceId}\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
