/** What an order can be; CONTRACT: pending → unpaid → paid → shipped → completed, and the exits. */
export const ORDER_STATES = [
  'pending',
  'unpaid',
  'paid',
  'shipped',
  'completed',
  'cancelled',
  'failed',
  'refunding',
  'refunded',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** Who takes a step: the buyer, an admin, WeChat by a signed answer, or the shop's own jobs. */
export const ACTORS = ['user', 'admin', 'wechat', 'system'] as const
export type Actor =
  | { kind: 'user' | 'admin'; id: string }
  | { kind: 'wechat' | 'system'; id?: undefined }

export const SYSTEM: Actor = { kind: 'system' }
export const WECHAT: Actor = { kind: 'wechat' }

type Rule = {
  from: readonly OrderState[]
  to: OrderState
  by: readonly (typeof ACTORS)[number][]
  /** Whether the buyer is told, by WeChat and by e-mail. */
  news?: 'paid' | 'shipped' | 'refunded'
}

/** Every step that an order can take once the database has it, and nothing else changes its state. */
export const STEPS = {
  cancel: { from: ['unpaid'], to: 'cancelled', by: ['user', 'system'] },
  pay: { from: ['unpaid'], to: 'paid', by: ['wechat'], news: 'paid' },
  ship: { from: ['paid'], to: 'shipped', by: ['admin'], news: 'shipped' },
  confirm: { from: ['shipped'], to: 'completed', by: ['user', 'system'] },
  // A buyer asks, an admin grants: both lead to `refunding`, and only the grant moves money.
  askRefund: { from: ['paid', 'shipped', 'completed'], to: 'refunding', by: ['user'] },
  grantRefund: {
    from: ['paid', 'shipped', 'completed', 'refunding'],
    to: 'refunding',
    by: ['admin'],
  },
  // A refusal puts the order back to where it was asked.
  refuseToPaid: { from: ['refunding'], to: 'paid', by: ['admin'] },
  refuseToShipped: { from: ['refunding'], to: 'shipped', by: ['admin'] },
  refuseToCompleted: { from: ['refunding'], to: 'completed', by: ['admin'] },
  refund: { from: ['refunding'], to: 'refunded', by: ['wechat'], news: 'refunded' },
} as const satisfies Record<string, Rule>

export type Step = keyof typeof STEPS

/** What stands in an order's history: how it came to be, and the steps that it took. */
export const EVENTS = ['accept', 'fail', ...(Object.keys(STEPS) as Step[])] as const

/** @returns the rule of a step where this actor may take it from this state, or undefined */
export function ruleOf(step: Step, from: OrderState, actor: Actor): Rule | undefined {
  const rule: Rule = STEPS[step]
  return rule.from.includes(from) && rule.by.includes(actor.kind) ? rule : undefined
}
