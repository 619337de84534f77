import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { settings } from '../../config/index.ts'
import { once } from '../../config/once.ts'
import { RateLimited } from '../../errors/standard.ts'
import { addressGroup, policyOf, retryAfterOf, standingsOf } from '../../limits/headers.ts'
import { limiter } from '../../limits/index.ts'
import { type Limit, multiplied } from '../../limits/limit.ts'
import type { Refusal } from '../../limits/limiter.ts'
import type { HttpEvent, Internal, RouteDefinition } from '../definition.ts'

type Middleware = MiddlewareObj<
  HttpEvent,
  APIGatewayProxyStructuredResultV2,
  Error,
  Context,
  Internal
>

/** Middy takes no middleware that does nothing at all. */
const UNLIMITED: Middleware = { before: () => undefined }

/**
 * Refuses an address that is known to be over its limit before anybody finds out who sends the request, and
 * counts what goes no further; and tells on every answer how the limits stand. It comes before `respond`,
 * so that it sees the answers.
 */
export function limitAddress({ limit }: RouteDefinition): Middleware {
  if (limit === undefined) return UNLIMITED
  const agreed = agreedOn(limit)
  const policy = once(() => policyOf(agreed()))
  const tell = ({ response, internal }: { response?: unknown; internal: Internal }) => {
    const { headers } = (response ?? {}) as APIGatewayProxyStructuredResultV2
    if (headers === undefined) return
    headers['ratelimit-policy'] = policy()
    const { purses } = internal
    if (purses !== undefined) headers.ratelimit = standingsOf(purses, performance.now())
  }
  return {
    before: ({ event }) => {
      const refused = limiter().refusal(agreed(), { address: addressOf(event) })
      if (refused !== undefined) throw overLimit(agreed(), refused)
    },
    after: tell,
    onError: async ({ event, response, internal }) => {
      // Who may not use the route costs his address, and not the shop. What can't be done at all costs nobody.
      const refused = ((response as APIGatewayProxyStructuredResultV2).statusCode ?? 500) < 500
      if (refused && internal.purses === undefined) {
        const { purses } = await limiter()
          .take(agreed(), { address: addressOf(event) })
          .catch(() => ({ purses: [] }))
        internal.purses = purses
      }
      tell({ response, internal })
    },
  }
}

/**
 * Counts a request for the shop, its address and its user, once it is known who that is and that he may use
 * the route: all in one call, if any.
 * @throws RateLimited; Unavailable where nobody can count and the limit is closed then
 */
export function limitRequest({ limit }: RouteDefinition): Middleware {
  if (limit === undefined) return UNLIMITED
  const agreed = agreedOn(limit)
  return {
    before: async ({ event, internal }) => {
      const user = event.input.user?.id
      const caller = { shop: 'all', address: addressOf(event), user }
      const { purses, refused } = await limiter().take(agreed(), caller)
      internal.purses = purses
      if (refused !== undefined) throw overLimit(agreed(), refused)
    },
  }
}

/** An event without one comes from a test or a console, not from the network. */
function addressOf({ requestContext }: HttpEvent): string | undefined {
  const sourceIp = requestContext?.http?.sourceIp
  return sourceIp === undefined ? undefined : addressGroup(sourceIp)
}

/** Settings are read with the first request, as everywhere. */
function agreedOn(limit: Limit): () => Limit {
  return once(() => multiplied(limit, settings().LIMIT_FACTOR))
}

function overLimit(limit: Limit, { scope, waitMillis }: Refusal): RateLimited {
  const { perSecond, burst } = limit[scope] ?? { perSecond: 0, burst: 0 }
  const details = { limit: limit.name, of: scope, perSecond, burst }
  return new RateLimited(details, { retryAfterSeconds: retryAfterOf(waitMillis) })
}
