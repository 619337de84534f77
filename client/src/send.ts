import { codes } from './api.generated.ts'
import { backoff, retryAfter } from './backoff.ts'
import type { Clock } from './clock.ts'
import { ApiError, NetworkError } from './errors.ts'
import { createHosts } from './hosts.ts'
import type { Transport, TransportResponse } from './transport.ts'

/** One logical call; all its tries share the trace id and the idempotency key. */
export type Call = {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string>
  traceId: string
  /** Made anew for each try. */
  body?: () => Promise<string> | string
  /** Sending it twice does no more than sending it once. */
  repeatable: boolean
  timeoutMillis?: number | undefined
}

export type SendOptions = {
  baseUrls: readonly string[]
  transport: Transport
  clock: Clock
  tries: number
  /** For one try, */
  timeoutMillis: number
  /** and for one after which another base URL can be tried. */
  failoverMillis: number
  /** For all tries and the waiting between them. */
  deadlineMillis: number
}

type Failure = {
  error: ApiError | NetworkError
  again: boolean
  hostFailed: boolean
  /** The shop refused it before it did anything: it may be sent again, whatever it is. */
  untouched?: boolean
  /** An earlier try is still being answered, or was cut off and is taken over soon. */
  underWay?: boolean
}

/** Answers 503 where a host should get no traffic. */
const HEALTH = '/api/health'
const TOO_MANY = 429
/** Answers of a gateway whose upstream is gone, and of a shop whose database is. */
const DOWN: readonly number[] = [502, 503, 504]

/**
 * Sends calls: several tries where that is safe, to the next base URL where one fails.
 * @returns a function that resolves with the envelope's `data`
 * @throws ApiError where the shop refused, NetworkError where nothing of it arrived
 */
export function createSender({ baseUrls, transport, clock, tries, ...limits }: SendOptions) {
  const hosts = createHosts(baseUrls, clock)

  return async function send(call: Call): Promise<unknown> {
    const end = clock.now() + limits.deadlineMillis
    for (let attempt = 1; ; ) {
      void askAgain(call.traceId)
      const host = hosts.pick()
      const mayRepeat = call.repeatable && attempt < tries
      const millis = Math.min(
        call.timeoutMillis ?? limits.timeoutMillis,
        mayRepeat && hosts.isAnother(host) ? limits.failoverMillis : Number.POSITIVE_INFINITY,
        end - clock.now(),
      )
      const answer = await attemptAt(host.url, call, millis)
      if ('data' in answer) {
        hosts.worked(host)
        return answer.data
      }
      const { error, again, hostFailed, untouched = false, underWay = false } = answer
      const asked = error instanceof ApiError ? error.retryAfterMillis : undefined
      if (hostFailed) hosts.failed(host, asked)
      else hosts.worked(host)
      const mayGoOn = mayRepeat || underWay || (untouched && attempt < tries)
      if (!again || !mayGoOn) throw error
      const goesOn = hostFailed && hosts.isAnother(host)
      const wait = goesOn ? 0 : backoff(attempt, asked ?? 0, clock.random())
      if (clock.now() + wait >= end) throw error
      if (wait > 0) await clock.sleep(wait)
      // To wait for an earlier try is not to fail.
      if (!underWay) attempt++
    }
  }

  /** Beside the call, which does not wait for it. */
  async function askAgain(traceId: string): Promise<void> {
    const host = hosts.due()
    if (host === undefined) return
    const health = { method: 'GET', path: HEALTH, headers: { 'X-Trace-ID': traceId }, traceId }
    const answer = await attemptAt(host.url, health, limits.failoverMillis)
    if ('data' in answer) hosts.worked(host)
  }

  async function attemptAt(
    baseUrl: string,
    { method, path, traceId, body, ...call }: Omit<Call, 'repeatable'>,
    timeoutMillis: number,
  ): Promise<{ data: unknown } | Failure> {
    const url = baseUrl + path
    const json = { ...call.headers, 'Content-Type': 'application/json' }
    const request =
      body === undefined
        ? { method, url, headers: call.headers, timeoutMillis }
        : { method, url, headers: json, timeoutMillis, body: await body() }
    // What it throws at once is a mistake of the caller; what it rejects with is the network.
    return transport(request).then(
      (response) => outcomeOf(response, traceId, clock.now()),
      (reason) => unreachable(reason instanceof Error ? reason.message : String(reason), traceId),
    )
  }
}

function unreachable(reason: string, traceId: string): Failure {
  return { error: new NetworkError(reason, traceId), again: true, hostFailed: true }
}

function outcomeOf(
  { status, headers, body }: TransportResponse,
  sentTraceId: string,
  now: number,
): { data: unknown } | Failure {
  const envelope = typeof body === 'object' && body !== null ? (body as Envelope) : {}
  const isOurs = typeof envelope.code === 'number' && 'data' in envelope
  if (isOurs && envelope.code === 0 && status < 300) return { data: envelope.data }
  const traceId = envelope.traceId ?? headers['x-trace-id'] ?? sentTraceId
  // A hotel's sign-in page answers 200 to everything.
  if (status < 400) return unreachable(`HTTP ${status}, and not from the shop`, traceId)
  const error = new ApiError({
    code: isOurs && envelope.code ? envelope.code : status * 100,
    message: envelope.message ?? `HTTP ${status}`,
    traceId,
    details: envelope.details,
    retryAfterMillis: retryAfter(headers['retry-after'], now),
  })
  const hostFailed = DOWN.includes(status)
  const untouched = error.code === codes.rateLimited
  const underWay = error.code === codes.keyInProgress
  const again = hostFailed || underWay || status === TOO_MANY
  return { error, again, hostFailed, untouched, underWay }
}

type Envelope = {
  code?: number
  message?: string
  data?: unknown
  traceId?: string
  details?: unknown
}
