// What a container of the case `limits` holds: routes that do nothing, behind the real stack.
import * as z from 'zod/mini'
import { limits } from '../../../shared/domain/limits.ts'
import { route } from '../../../shared/platform/http/route.ts'
import type { Limit } from '../../../shared/platform/limits/limit.ts'

const limited = (limit: Limit) =>
  route(
    {
      ...{ method: 'POST', path: '/limited', summary: 'Nothing', auth: 'public' },
      ...{ limit, replies: { 200: z.null() } },
    },
    () => null,
  )

const { shop = { perSecond: 0, burst: 0 } } = limits.createOrder

/** The shop's limit of orders, and nothing else. */
export const orders = limited({ name: 'benchOrders', shop, withoutRedis: 'closed' })
/** The same, and of each address, as orders have it. */
export const addresses = limited({ ...limits.createOrder, name: 'benchAddresses' })
export const half = limited({ ...limits.createOrder, name: 'benchHalf' })
export const small = limited({
  ...{ name: 'benchSmall', shop: { perSecond: 20, burst: 20 }, withoutRedis: 'closed' },
})
/** For the first request of a container, which is its slowest. */
export const warm = limited({
  ...{ name: 'benchWarm', shop: { perSecond: 1_000, burst: 1_000 }, withoutRedis: 'open' },
})
