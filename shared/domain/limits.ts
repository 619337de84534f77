import type { Limit } from '../platform/limits/limit.ts'

/** So many a second in the long run, and so many at once after a quiet time. */
const rate = (perSecond: number, burst: number) => ({ perSecond, burst })
const named = <const T extends Record<string, Omit<Limit, 'name'>>>(table: T) =>
  Object.fromEntries(
    Object.entries(table).map(([name, limit]) => [name, { ...limit, name }]),
  ) as Record<keyof T, Limit>

/**
 * Every limit of the shop, and the only place for them. A route names one; routes with the same one are
 * counted together. `shop` is everybody's requests, and never exceeded; `address` and `user` are each
 * one's, and may be by a hundredth of the burst per container (docs/decisions/0026-limits.md).
 *
 * Carriers and campuses have thousands behind an address: its limits stop floods, not crowds, and are
 * never below 20 logins and 100 other requests a second (the contract).
 *
 * Without Redis nobody can count. `open`: what shoppers do goes on, since a limit protects the shop
 * from too much, and no requests at all are worse. `closed`: admins' mass work, which can wait, is refused
 * rather than let loose on a shop that has just lost Redis.
 */
export const limits = /* @__PURE__ */ named({
  /** What the stock job and the database take, as long as it lasts: the article's 2,000 a second. */
  createOrder: {
    shop: rate(2_000, 2_000),
    address: rate(1_000, 5_000),
    user: rate(30, 300),
    withoutRedis: 'open',
  },
  /** Each asks WeChat, which gives an app a quota. A sale begins with everybody signing in. */
  login: { shop: rate(1_000, 3_000), address: rate(300, 3_000), withoutRedis: 'open' },
  refresh: { shop: rate(2_000, 4_000), address: rate(300, 3_000), withoutRedis: 'open' },
  /** Public pages: mostly from a container's memory. */
  browse: { address: rate(1_000, 5_000), withoutRedis: 'open' },
  /** Lists and searches: those that nobody else asked for lately cost the database most. */
  search: { shop: rate(2_000, 4_000), address: rate(500, 2_500), withoutRedis: 'open' },
  /** What a user looks at of his own. */
  own: { address: rate(1_000, 5_000), user: rate(50, 500), withoutRedis: 'open' },
  /** What a user changes of his own, orders included. */
  change: { address: rate(500, 2_500), user: rate(20, 200), withoutRedis: 'open' },
  /** Asks WeChat Pay. */
  pay: {
    shop: rate(500, 1_000),
    address: rate(500, 2_500),
    user: rate(10, 100),
    withoutRedis: 'open',
  },
  /** A coupon that is gone in a minute: one row of the database for all. */
  claim: {
    shop: rate(1_000, 2_000),
    address: rate(1_000, 5_000),
    user: rate(20, 200),
    withoutRedis: 'open',
  },
  /** WeChat takes money for each. */
  phone: {
    shop: rate(100, 500),
    address: rate(100, 1_000),
    user: rate(1, 20),
    withoutRedis: 'open',
  },
  /** What admins look at, and what they do for a single thing: a shop has to be run in an outage too. */
  admin: { address: rate(500, 2_500), user: rate(100, 1_000), withoutRedis: 'open' },
  /** Mass work: exports, campaigns, dead letters sent again. */
  adminMass: {
    shop: rate(10, 100),
    address: rate(100, 1_000),
    user: rate(5, 50),
    withoutRedis: 'closed',
  },
})
