import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as z from 'zod'
import { bodyOf, type Listening, listen } from '../lib/http.ts'
import { type Fault, Faults } from './faults.ts'

export type Bridge = {
  url: string
  faults: Faults
  /** How many calls have come: statements, or commands and pipelines. */
  calls(): number
  stop(): Promise<void>
}

/** @param gone aborts when the caller hangs up before it has the whole answer */
export type Call = { request: IncomingMessage; url: URL; body: Buffer; gone: AbortSignal }
/** @param committed whether the work is done for good, whatever becomes of the answer */
export type Answer = { status: number; json: string; committed?: boolean }

type Options = {
  port: number | undefined
  /** The exact `Authorization` header of those who may call. */
  authorization: string
  /** An error in the form of the bridge's protocol. */
  failure: (status: number, message: string) => Answer
  answer: (call: Call) => Promise<Answer>
}

const MAX_BODY_BYTES = 64 * 1024 * 1024

/**
 * The HTTP side that the bridges share: authorisation, faults on demand (`POST /__faults` sets them
 * from another process), and a signal for callers that hang up.
 */
export async function serveBridge(
  options: Options,
): Promise<Listening & Pick<Bridge, 'faults' | 'calls'>> {
  const { failure } = options
  const faults = new Faults()
  let calls = 0
  const expected = Buffer.from(options.authorization)

  const isAllowed = ({ headers }: IncomingMessage) => {
    const given = Buffer.from(headers.authorization ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }

  async function answerOf(request: IncomingMessage, gone: AbortSignal): Promise<Answer> {
    if (!isAllowed(request)) return failure(401, 'Unauthorized')
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      return failure(413, `a request may have ${MAX_BODY_BYTES} bytes`)
    }
    const body = await bodyOf(request)
    const url = new URL(request.url ?? '/', 'http://bridge')
    if (url.pathname === '/__faults') return setFaults(body)
    calls++
    const fault = await faults.strike(gone)
    if (fault === 'refuse') return failure(503, 'injected fault')
    if (fault === 'hang') await once(gone, 'abort')
    return options.answer({ request, url, body, gone })
  }

  function setFaults(body: Buffer): Answer {
    try {
      faults.set(JSON.parse(body.toString('utf8')) as Fault)
      return { status: 200, json: '{}' }
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : 'send JSON'
      return failure(400, reason)
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const leaving = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) leaving.abort()
    })
    try {
      const answer = await answerOf(request, leaving.signal)
      if (answer.committed && faults.dropsAnswer()) response.destroy()
      else send(response, answer)
    } catch (error) {
      // Nobody waits for the answer to a call that was hung up.
      if (!leaving.signal.aborted) send(response, failure(500, (error as Error).message))
    }
  }

  const server = await listen((request, response) => void serve(request, response), options.port)
  return { ...server, faults, calls: () => calls }
}

function send(response: ServerResponse, { status, json }: Answer): void {
  const length = Buffer.byteLength(json)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': length })
    .end(json)
}
