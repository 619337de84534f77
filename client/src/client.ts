import { keyedRoutes, type Routes, signedInRoutes } from './api.generated.ts'
import { type Clock, newId, systemClock } from './clock.ts'
import { type Call, createSender } from './send.ts'
import { createSession, type TokenStore } from './session.ts'
import type { Transport } from './transport.ts'

/** A route as the shop's API names it: `'GET /api/products/{id}'`. */
export type Route = keyof Routes
/** What a route takes: `params` (in its path), `query`, `body`. */
export type Input<R extends Route> = Routes[R]['input']
/** What a route answers with. */
export type Data<R extends Route> = Routes[R]['data']

export type CallOptions = {
  /**
   * Left out, each call that changes something has a new one. Give your own where the same call may be
   * made again later, e.g. after the app was closed.
   */
  idempotencyKey?: string
  traceId?: string
  /** For each try of this call. */
  timeoutMillis?: number
}

type Arguments<R extends Route> =
  Record<never, never> extends Input<R>
    ? [input?: Input<R> & CallOptions]
    : [input: Input<R> & CallOptions]

export type ClientOptions = {
  /** In order of preference, one for each region. The next takes over while one fails. */
  baseUrls: readonly string[]
  transport: Transport
  /** Left out, the session ends with the app. */
  tokens?: TokenStore
  /** A fresh code of wx.login. With it the client signs in by itself, and again when a session ends. */
  signIn?: () => Promise<string>
  /** At most so many tries for a call (4), */
  tries?: number
  /** so long for each (10 000), */
  timeoutMillis?: number
  /** but no longer than this where another base URL can be tried after it (4 000), */
  failoverMillis?: number
  /** and so long for all together (30 000). */
  deadlineMillis?: number
  clock?: Clock
}

type AnyInput = CallOptions & { params?: Texts; query?: Texts; body?: unknown }
type Texts = Record<string, string | number | undefined>

const LOGIN = 'POST /api/auth/login'
const REFRESH = 'POST /api/auth/refresh'

export type Client = ReturnType<typeof createClient>

/**
 * A client of the shop: every route of the API by its name, typed.
 *
 *     const shop = createClient({ baseUrls: ['https://shop.example'], transport: wxTransport(wx) })
 *     const product = await shop.request('GET /api/products/{id}', { params: { id: '1' } })
 *
 * What it repeats by itself, on a broken network, 429, 502, 503 and 504: whatever has an idempotency
 * key, which is nearly all that changes something, GET, PUT, DELETE, and signing in. Signing out, a POST
 * without a key, is repeated only where a limit refused it (42901), before anything was done.
 */
export function createClient(options: ClientOptions) {
  const { clock = systemClock, tokens = inMemory(), signIn } = options
  const { tries = 4, timeoutMillis = 10_000, failoverMillis = 4_000 } = options
  const { baseUrls, transport, deadlineMillis = 30_000 } = options
  const limits = { tries, timeoutMillis, failoverMillis, deadlineMillis }
  const send = createSender({ baseUrls, transport, clock, ...limits })

  const session = createSession({
    store: tokens,
    // Asked again within the shop's grace it gives the same answer: this POST may be repeated.
    refresh: (refreshToken) => grant(callOf(REFRESH, { body: { refreshToken } }, clock)),
    // A code is good once, so each try brings its own: so may this one.
    signIn: signIn && (() => grant({ ...callOf(LOGIN, {}, clock), body: () => loginBody(signIn) })),
  })

  function grant(call: Call): Promise<Data<typeof LOGIN>> {
    return send({ ...call, repeatable: true }) as Promise<Data<typeof LOGIN>>
  }

  /**
   * Calls a route.
   * @returns the envelope's `data`
   * @throws ApiError where the shop refuses, NetworkError where no answer of it arrives
   */
  function request<R extends Route>(route: R, ...[input]: Arguments<R>): Promise<Data<R>> {
    const call = callOf(route, (input ?? {}) as AnyInput, clock)
    if (!signedInRoutes[route]) return send(call) as Promise<Data<R>>
    return session.authorised(
      (token) => send(token === undefined ? call : withToken(call, token)) as Promise<Data<R>>,
    )
  }

  return {
    request,
    /** Signs in with a code of wx.login. @returns the user */
    login: session.login,
    /** Ends the session. From here on only `login` signs in. */
    logout: () => session.logout(() => request('POST /api/auth/logout')),
    isSignedIn: session.isSignedIn,
    /** An idempotency key, for a call that may have to be made again later. */
    newKey: () => newId(clock),
    clock,
  }
}

async function loginBody(signIn: () => Promise<string>): Promise<string> {
  return JSON.stringify({ code: await signIn() })
}

function callOf(route: Route, input: AnyInput, clock: Clock): Call {
  const [method = '', template = ''] = route.split(' ')
  const traceId = input.traceId ?? newId(clock)
  const headers: Record<string, string> = { 'X-Trace-ID': traceId }
  const keyed = keyedRoutes[route] === true
  if (keyed) headers['Idempotency-Key'] = input.idempotencyKey ?? newId(clock)
  const call: Call = {
    method,
    path: pathOf(template, input),
    headers,
    traceId,
    repeatable: keyed || method === 'GET' || method === 'PUT' || method === 'DELETE',
    timeoutMillis: input.timeoutMillis,
  }
  if (input.body === undefined) return call
  const body = JSON.stringify(input.body)
  return { ...call, body: () => body }
}

function pathOf(template: string, { params = {}, query = {} }: AnyInput): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined || value === '') throw new TypeError(`${template} needs a ${name}`)
    return encodeURIComponent(value)
  })
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`).join('&')
  return text === '' ? path : `${path}?${text}`
}

function withToken(call: Call, token: string): Call {
  return { ...call, headers: { ...call.headers, Authorization: `Bearer ${token}` } }
}

function inMemory(): TokenStore {
  return { read: () => undefined, write: () => {} }
}
