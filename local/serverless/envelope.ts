import { randomUUID } from 'node:crypto'

/** The part of hapi, serverless-offline's server, that is used here. */
export type HapiServer = {
  ext(event: 'onPreResponse', handle: (request: HapiRequest, h: HapiToolkit) => unknown): void
}
type HapiRequest = {
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

const CODES: Record<number, [code: number, message: string]> = {
  404: [40401, 'not found'],
  413: [41301, 'the body is larger than 256 KiB'],
}

/**
 * Gives our envelope to what serverless-offline answers by itself: requests that it cannot read, and
 * functions that crashed. (On AWS these come from API Gateway, with a body of its own.)
 */
export function envelopeGatewayErrors(server: HapiServer): void {
  server.ext('onPreResponse', (request, h) => {
    const { response } = request
    const status = response.isBoom ? response.output.statusCode : response.statusCode
    const fromFunction = !response.isBoom && response.headers['x-trace-id'] !== undefined
    if (fromFunction) return h.continue
    // A function that crashed or ran out of time is answered with 200 and its stack trace.
    const [code, message] =
      CODES[status] ??
      (status >= 400 && status < 500
        ? [40001, 'the request cannot be read']
        : [50001, 'something went wrong on our side'])
    const traceId = randomUUID()
    return h
      .response({ code, message, data: null, traceId })
      .code(Math.floor(code / 100))
      .header('x-trace-id', traceId)
      .takeover()
  })
}
