import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type * as z from 'zod/mini'
import type { Identity } from '../auth/identity.ts'
import type { ApiErrorClass } from '../errors/api-error.ts'
import type { Limit } from '../limits/limit.ts'
import type { Purse } from '../limits/purse.ts'
import type { Json } from './json.ts'

type Schema = z.ZodMiniType

/** All that there is to say about one route: validation, types, OpenAPI and the client come from it. */
export type RouteDefinition = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY'
  /** As in serverless.yml, e.g. `/api/orders/{id}`; `$default` takes what no other route does. */
  path: `/${string}` | '$default'
  /** One line for the OpenAPI document. */
  summary: string
  /** Who may call: everybody, a signed-in user, or an admin. */
  auth: 'public' | 'user' | 'admin'
  /** How many requests it takes, of all, of an address, of a user: shared/domain/limits.ts. */
  limit?: Limit
  params?: Schema
  query?: Schema
  body?: Schema
  /** Hands on the body's bytes as they came, unread: for signatures over them. */
  rawBody?: true
  /**
   * What becomes of the header Idempotency-Key on a route that changes something. Left out: it may come,
   * and the same request with it gets the same answer (middlewares/idempotently.ts). `true`: it has to
   * come, and is handed on: the route sees to it by itself. `{ not }`: no use is made of it, and why.
   */
  idempotent?: true | { not: string }
  /** Milliseconds without which it need not begin; see middlewares/in-time.ts. */
  needsMillis?: number
  /** The form of `data` by HTTP status; `z.void()` where the answer has no body. */
  replies: Readonly<Record<number, Schema>>
  /** Errors of this route beyond those that every route of its kind has. */
  errors?: readonly ApiErrorClass[]
  /** `raw` leaves the envelope out: the answer follows a standard of its own (JWKS). */
  format?: 'envelope' | 'raw'
  /** Content type of a raw answer; JSON where it is left out. Other types are made of text. */
  contentType?: `${string}/${string}`
}

/** Whether a route takes an Idempotency-Key. The stack keeps keys by user: it keeps none where nobody signs in. */
export function takesKey({ method, auth, idempotent }: RouteDefinition): boolean {
  if (idempotent !== undefined) return idempotent === true
  return method !== 'GET' && method !== 'ANY' && auth !== 'public'
}

type Output<T> = T extends Schema ? z.output<T> : undefined

/** What a route's handler gets: checked, typed, and nothing else. */
export type Input<D extends RouteDefinition> = {
  params: Output<D['params']>
  query: Output<D['query']>
  body: Output<D['body']>
  rawBody: D['rawBody'] extends true ? Buffer : undefined
  user: D['auth'] extends 'public' ? undefined : Identity
  idempotencyKey: D['idempotent'] extends true ? string : string | undefined
  /** Request headers, names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
}

type Data<D extends RouteDefinition> = z.input<D['replies'][keyof D['replies'] & number]>

/**
 * What a route's handler returns: data for a plain 200, as it is or as JSON already, or a reply with a
 * status of its own.
 */
export type Answer<D extends RouteDefinition> = Data<D> | Json<Data<D>> | Reply<Data<D>>

export class Reply<T> {
  readonly status: number
  readonly data: T
  readonly headers: Record<string, string>

  constructor(status: number, data: T, headers: Record<string, string> = {}) {
    this.status = status
    this.data = data
    this.headers = headers
  }
}

/** 202: taken, and done later. */
export const accepted = <T>(data: T) => new Reply(202, data)
/** 201: a new thing. */
export const created = <T>(data: T) => new Reply(201, data)

/** What middlewares tell each other, and nobody else. */
export type Internal = {
  startedAt: number
  /** Data that went into the answer as JSON: it may have been compressed before. */
  json?: Json<unknown>
  /** What the request was counted in. */
  purses?: readonly Purse[]
}

/** API Gateway's event while it passes through the stack: each middleware adds what it found out. */
export type HttpEvent = APIGatewayProxyEventV2 & { input: Input<RouteDefinition> }
