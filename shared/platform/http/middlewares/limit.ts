import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { settings } from '../../config/index.ts'
import { once } from '../../config/once.ts'
import { RateLimited } from '../../errors/standard.ts'
import { addressGroup, policyOf, retryAfterOf, standingsOf } from '../../limits/headers.ts'
import { limiter } from '../../limits/index.ts'
import { type Limit, multiplied } from '../../limits/limit.ts'
import type { Caller, Taken } from '../../limits/limiter.ts'
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
 * Counts a request for its route and its address, before anybody finds out who sends it; and tells on
 * every answer how the limits stand. It comes before `respond`, so that it sees the answers.
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
    before: async ({ event, internal }) => {
      // An event without it comes from a test or a console, not from the network.
      const sourceIp = event.requestContext?.http?.sourceIp
      const address = sourceIp === undefined ? undefined : addressGroup(sourceIp)
      await count(agreed(), { shop: 'all', address }, internal)
    },
    after: tell,
    onError: tell,
  }
}

/** Counts a request for its user, once it is known who that is. */
export function limitUser({ limit }: RouteDefinition): Middleware {
  if (limit?.user === undefined) return UNLIMITED
  const agreed = agreedOn(limit)
  return {
    before: ({ event, internal }) => count(agreed(), { user: event.input.user?.id }, internal),
  }
}

/** Settings are read with the first request, as everywhere. */
function agreedOn(limit: Limit): () => Limit {
  return once(() => multiplied(limit, settings().LIMIT_FACTOR))
}

/** @throws RateLimited; Unavailable where nobody can count and the limit is closed then */
async function count(limit: Limit, caller: Caller, internal: Internal): Promise<void> {
  const { purses, refused } = await limiter().take(limit, caller)
  internal.purses = internal.purses === undefined ? purses : [...internal.purses, ...purses]
  if (refused !== undefined) throw overLimit(limit, refused)
}

function overLimit(
  limit: Limit,
  { scope, waitMillis }: NonNullable<Taken['refused']>,
): RateLimited {
  const { perSecond, burst } = limit[scope] ?? { perSecond: 0, burst: 0 }
  const details = { limit: limit.name, of: scope, perSecond, burst }
  return new RateLimited(details, { retryAfterSeconds: retryAfterOf(waitMillis) })
}
