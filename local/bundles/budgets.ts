import type { Declared } from '../lib/functions.ts'

/**
 * What a function's minified bundle may weigh, in bytes; a KB here is 1,000 bytes, the strict reading.
 * The whole bundle is read at each cold start. Why these: docs/decisions/0019-small-bundles.md.
 */
export const BUDGETS = {
  /** Routes of GET, and the one that answers what no route takes. */
  read: 150_000,
  /** All other routes, and the jobs. */
  write: 400_000,
} as const

export type Kind = keyof typeof BUDGETS

/** From the route itself, so that no list can go stale. */
export const kindOf = ({ method }: Declared): Kind =>
  method === 'GET' || method === 'ANY' ? 'read' : 'write'
