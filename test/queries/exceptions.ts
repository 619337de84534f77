import type { Rule } from './judge.ts'

type Exception = {
  rule: Rule
  /** What of a statement's shape tells it from all others. */
  of: RegExp
  why: string
}

/** Plans that may break a rule. Each must still be of a statement that there is. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: 'full scan',
    of: /FROM categories ORDER BY/,
    why: 'all categories are asked for: dozens, and cached',
  },
  { rule: 'filesort', of: /FROM categories ORDER BY/, why: 'likewise' },
  {
    rule: 'index scan',
    of: /FROM coupons c .*ORDER BY c\.id DESC LIMIT/,
    why: 'from the newest on, up to a page; admins make coupons by hand, so the tail is short',
  },
  {
    rule: 'index scan',
    of: /FROM payment_incidents ORDER BY id DESC LIMIT/,
    why: 'from the newest on, up to a page, with no condition to meet',
  },
  {
    rule: 'index scan',
    of: /FROM campaigns c STRAIGHT_JOIN campaign_recipients/,
    why: 'a lookup in each campaign, of which there are hundreds, when an account is closed',
  },
  {
    rule: 'filesort',
    of: /MATCH \(terms\) AGAINST/,
    why: 'a full-text index has no order but that of relevance: what was found is sorted',
  },
  {
    rule: 'filesort',
    of: /^SELECT \* FROM \(.*\) AS merged ORDER BY/,
    why: 'merges a page of each category, each read along its index',
  },
  {
    rule: 'filesort',
    of: /EXISTS \(SELECT \? FROM skus WHERE product_id = products\.id AND limit_per_user/,
    why: 'limited products are few: found by their index, then sorted; the first screen is cached',
  },
  {
    rule: 'filesort',
    of: /FROM order_items WHERE order_id = \? GROUP BY product_id/,
    why: 'the items of one order',
  },
  {
    rule: 'filesort',
    of: /FROM orders WHERE user_id = \? AND state NOT IN/,
    why: "one user's open orders, when the account is closed",
  },
  {
    rule: 'filesort',
    of: /FROM refunds WHERE state IN .* AND check_at <= \? ORDER BY check_at/,
    why: 'refunds under way, once a minute: in order within each of three states',
  },
  {
    rule: 'function',
    of: /^UPDATE user_coupons FORCE INDEX \(PRIMARY\) SET used = used \+ \?/,
    why: 'guards rows that the primary key has found; no index could serve two columns of one row',
  },
]
