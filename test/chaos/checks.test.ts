import { describe, expect, it } from 'vitest'
import { RULES, violationsOf } from '../../chaos/checks/all.ts'
import { answersAreClear } from '../../chaos/checks/answers.ts'
import type { Books } from '../../chaos/checks/books.ts'
import { openMails } from '../../chaos/checks/mails.ts'
import { wechatOf } from '../../chaos/checks/read.ts'
import { type Asked, type History, newHistory } from '../../chaos/history.ts'

const LIMITS = { downs: [], limitMillis: 10_000 }

const asked = (over: Partial<Asked> = {}): Asked => ({
  ...{ at: 100, millis: 20, route: 'GET /api/home', trace: 't-asked', status: 200, code: 0 },
  ...over,
})

/**
 * A run in which all went well. Shopper a bought one unit that he paid, and cancelled another order of
 * two; shopper b got no answer, and has an order that nobody was told of; c's money went back.
 */
function world(): { history: History; books: Books } {
  const history = newHistory()
  history.shoppers.set('a', { userId: '1', email: 'a@example.com' })
  history.shoppers.set('b', { userId: '2' })
  const bought = (key: string, shopper: string, quantity: number, accepted: string[]) => {
    const what = { key, shopper, skuId: '9', quantity, trace: `t-${key}`, accepted }
    history.purchases.push({ ...what, totalFen: quantity * 100, unsure: accepted.length === 0 })
  }
  bought('paid', 'a', 1, ['O1', 'O1'])
  bought('cancelled', 'a', 2, ['O2'])
  bought('unsure', 'b', 1, [])
  bought('refunded', 'b', 3, ['O4'])
  history.steps.push({ step: 'cancelled', orderId: 'O2', trace: 't-cancel' })
  history.steps.push({ step: 'refund granted', orderId: 'O4', trace: 't-refund' })
  history.deliveries.push({ reason: 'more', skuId: '9', delta: 5, trace: 't-more', done: true })
  history.deliveries.push({ reason: 'lost', skuId: '9', delta: 7, trace: 't-lost', done: false })
  history.mailings.push({ subject: 'news', emails: ['x@y.z'], trace: 't-news', id: 'C1' })
  history.claims.push({ shopper: 'a', couponId: '4', trace: 't-claim' })
  history.exports.push({ id: 'E1', trace: 't-export' })
  history.asked.push(asked())

  const order = (orderId: string, userId: string, state: string, quantity: number) => ({
    ...{ orderId, userId, state, totalFen: quantity * 100, items: [{ skuId: '9', quantity }] },
  })
  const ledger = (kind: string, delta: number, orderId: string) => ({
    ...{ skuId: '9', kind, delta, orderId },
  })
  const books: Books = {
    orders: [
      order('O1', '1', 'paid', 1),
      order('O2', '1', 'cancelled', 2),
      order('O3', '2', 'unpaid', 1),
      order('O4', '2', 'refunded', 3),
    ],
    ledger: [
      { skuId: '9', kind: 'receive', delta: 10 },
      { skuId: '9', kind: 'receive', delta: 5, reason: 'more' },
      ledger('reserve', -1, 'O1'),
      ledger('reserve', -2, 'O2'),
      ledger('release', 2, 'O2'),
      ledger('reserve', -1, 'O3'),
      ledger('reserve', -3, 'O4'),
      ledger('restock', 3, 'O4'),
    ],
    skus: [{ skuId: '9', stock: 13, version: '7' }],
    counters: [{ skuId: '9', counter: { base: 13, version: '7', held: 2 }, holds: 0, doubtful: 2 }],
    views: [{ skuId: '9', received: 18, sold: 4, held: 1, available: 13 }],
    steps: [],
    payments: [
      { orderId: 'O1', amountFen: 100, late: false },
      { orderId: 'O4', amountFen: 300, late: false },
    ],
    refunds: [{ orderId: 'O4', amountFen: 300, state: 'succeeded' }],
    wechat: [
      { orderId: 'O1', totalFen: 100, paidFen: 100, refundedFen: 0 },
      { orderId: 'O2', totalFen: 200, paidFen: 0, refundedFen: 0 },
      { orderId: 'O4', totalFen: 300, paidFen: 300, refundedFen: 300 },
    ],
    notices: [
      { orderId: 'O1', userId: '1', state: 'sent', messageId: 'm1' },
      { orderId: 'O2', userId: '1', state: 'unknown' },
    ],
    recipients: [{ subject: 'news', email: 'x@y.z', state: 'sent', messageId: 'm2' }],
    mails: [
      { messageId: 'm1', to: 'a@example.com', subject: 'paid' },
      { messageId: 'm9', to: 'a@example.com', subject: 'perhaps' },
      { messageId: 'm2', to: 'x@y.z', subject: 'news' },
    ],
    claims: [{ userId: '1', couponId: '4', claimed: 1, used: 1, uses: 1 }],
    exports: [{ id: 'E1', state: 'done' }],
    shown: new Map([
      ['a', new Map([['O1', 'paid']]).set('O2', 'cancelled')],
      ['b', new Map([['O3', 'unpaid']]).set('O4', 'refunded')],
    ]),
    left: [{ what: 'holds', count: 0 }],
  }
  return { history, books }
}

/** Picks what is to be broken; the world of above has it. */
const at = <T>(things: readonly T[], index: number) => things[index] as T

it('finds nothing where all went well', () => {
  const { history, books } = world()
  expect(violationsOf(history, books, LIMITS)).toEqual([])
  expect(openMails(books)).toEqual({ open: 1, sent: 2 })
})

type Break = (world: { history: History; books: Books }) => void
/** By the rule that is to find it. What is planted, and how. */
const PLANTED: [rule: string, what: string, plant: Break][] = [
  ['acceptedIsPersisted', 'a lost order', ({ books }) => void books.orders.shift()],
  [
    'acceptedIsPersisted',
    "somebody else's",
    ({ books }) => void Object.assign(at(books.orders, 0), { userId: '2' }),
  ],
  [
    'acceptedIsPersisted',
    'other units',
    ({ books }) => void Object.assign(at(books.orders, 0), { items: [] }),
  ],
  [
    'acceptedIsPersisted',
    'another price',
    ({ books }) => void Object.assign(at(books.orders, 0), { totalFen: 1 }),
  ],
  [
    'oneKeyOneOrder',
    'two answers to one key',
    ({ history }) => void at(history.purchases, 0).accepted.push('O4'),
  ],
  [
    'oneKeyOneOrder',
    'a second order of an unsure key',
    ({ books }) => void books.orders.push({ ...at(books.orders, 2), orderId: 'O5' }),
  ],
  [
    'oneKeyOneOrder',
    'an order of a key that was answered',
    ({ books }) => void books.orders.push({ ...at(books.orders, 0), orderId: 'O5' }),
  ],
  ['acceptedIsShown', 'not shown', ({ books }) => void books.shown.get('a')?.delete('O1')],
  [
    'acceptedIsShown',
    'an old state',
    ({ books }) => void books.shown.get('a')?.set('O1', 'unpaid'),
  ],
  [
    'stepsAreKept',
    'not cancelled',
    ({ books }) => void Object.assign(at(books.orders, 1), { state: 'unpaid' }),
  ],
  [
    'stepsAreKept',
    'paid twice',
    ({ books }) => void books.steps.push({ orderId: 'O1', step: 'pay', times: 2 }),
  ],
  [
    'stockBalances',
    'oversold',
    ({ books }) => void Object.assign(at(books.skus, 0), { stock: -1 }),
  ],
  [
    'stockBalances',
    'a row without its ledger',
    ({ books }) => void Object.assign(at(books.skus, 0), { stock: 12 }),
  ],
  [
    'stockBalances',
    'units that vanish',
    ({ books }) => void Object.assign(at(books.ledger, 0), { delta: 9 }),
  ],
  [
    'stockBalances',
    'a wrong view',
    ({ books }) => void Object.assign(at(books.views, 0), { held: 0 }),
  ],
  [
    'stockBalances',
    'sold that is not',
    ({ books }) => void Object.assign(at(books.orders, 2), { state: 'paid' }),
  ],
  ['stockBalances', 'no view', ({ books }) => void books.views.pop()],
  ['ledgerOncePerOrder', 'taken twice', ({ books }) => void books.ledger.push(at(books.ledger, 2))],
  ['ledgerOncePerOrder', 'never taken', ({ books }) => void books.ledger.splice(2, 1)],
  ['ledgerOncePerOrder', 'not given back', ({ books }) => void books.ledger.splice(4, 1)],
  [
    'ledgerOncePerOrder',
    'restocked twice',
    ({ books }) => void books.ledger.push(at(books.ledger, 7)),
  ],
  [
    'ledgerOncePerOrder',
    'taken by no order',
    ({ books }) => void books.ledger.push({ ...at(books.ledger, 2), orderId: 'O9' }),
  ],
  [
    'countersEqualRows',
    'a hold',
    ({ books }) => void Object.assign(at(books.counters, 0), { holds: 1 }),
  ],
  [
    'countersEqualRows',
    'too many',
    ({ books }) => void Object.assign(at(books.counters, 0).counter ?? {}, { base: 14 }),
  ],
  [
    'countersEqualRows',
    'held by nobody',
    ({ books }) => void Object.assign(at(books.counters, 0).counter ?? {}, { held: 1 }),
  ],
  ['deliveriesOnce', 'twice', ({ books }) => void books.ledger.push(at(books.ledger, 1))],
  ['deliveriesOnce', 'lost', ({ books }) => void books.ledger.splice(1, 1)],
  [
    'deliveriesOnce',
    'of other units',
    ({ books }) => void Object.assign(at(books.ledger, 1), { delta: 4 }),
  ],
  [
    'nobodyPaysTwice',
    'kept',
    ({ books }) => void Object.assign(at(books.wechat, 2), { refundedFen: 0 }),
  ],
  [
    'nobodyPaysTwice',
    'for nothing',
    ({ books }) => void Object.assign(at(books.wechat, 1), { paidFen: 200 }),
  ],
  ['nobodyPaysTwice', 'not counted', ({ books }) => void books.payments.shift()],
  [
    'nobodyPaysTwice',
    'given away',
    ({ books }) => void Object.assign(at(books.orders, 3), { state: 'shipped' }),
  ],
  ['nobodyPaysTwice', 'never paid', ({ books }) => void books.wechat.shift()],
  ['nobodyPaysTwice', 'back unnoted', ({ books }) => void books.refunds.pop()],
  ['couponsBalance', 'a claim that is gone', ({ books }) => void books.claims.pop()],
  [
    'couponsBalance',
    'used twice',
    ({ books }) => void Object.assign(at(books.claims, 0), { uses: 2 }),
  ],
  ['noMailTwice', 'a receipt twice', ({ books }) => void books.mails.push(at(books.mails, 0))],
  [
    'noMailTwice',
    'a mail that nobody noted',
    ({ books }) => void books.mails.push({ ...at(books.mails, 0), messageId: 'm8' }),
  ],
  ['noMailTwice', 'one that was not sent', ({ books }) => void books.mails.shift()],
  ['noMailTwice', 'a campaign twice', ({ books }) => void books.mails.push(at(books.mails, 2))],
  ['noMailTwice', 'a recipient left out', ({ books }) => void books.recipients.pop()],
  [
    'noMailTwice',
    'a recipient twice',
    ({ books }) => void books.recipients.push(at(books.recipients, 0)),
  ],
  [
    'exportsEnd',
    'one that hangs',
    ({ books }) => void Object.assign(at(books.exports, 0), { state: 'running' }),
  ],
  ['exportsEnd', 'a lost one', ({ books }) => void books.exports.pop()],
  ['nothingIsLeft', 'a hold', ({ books }) => void Object.assign(at(books.left, 0), { count: 1 })],
]

describe.each(PLANTED)('%s finds', (name, what, plant) => {
  it(what, () => {
    const broken = world()
    plant(broken)
    const rule = RULES.find((one) => one.name === name)
    const found = rule?.(broken.history, broken.books) ?? []
    expect(found.length).toBeGreaterThan(0)
    expect(violationsOf(broken.history, broken.books, LIMITS)).toEqual(
      expect.arrayContaining(found),
    )
  })
})

it('has a planted violation for each rule', () => {
  expect(new Set(PLANTED.map(([name]) => name))).toEqual(new Set(RULES.map(({ name }) => name)))
})

it('names the orders and traces that are needed to look into it', () => {
  const { history, books } = world()
  books.orders.shift()
  const [found] = RULES[0](history, books)
  expect(found).toMatchObject({ orders: ['O1'], traces: ['t-paid'] })
  expect(found?.what).toContain('is not in the database')
})

it('lets a key that got no clear answer have an order, or none', () => {
  const { history, books } = world()
  books.orders = books.orders.filter(({ orderId }) => orderId !== 'O3')
  expect(RULES[1](history, books)).toEqual([])
})

describe('an answer', () => {
  const down = [{ from: 90, to: 200 }]
  const check = (over: Partial<Asked>, downs = [] as typeof down) =>
    answersAreClear([asked(over)], downs, 10_000).length

  it.each([
    ['a success', { status: 202 }],
    ['a known refusal', { status: 409, code: 40901 }],
    ['busy', { status: 503, code: 50301 }],
  ])('is clear: %s', (_, over) => expect(check(over)).toBe(0))

  it.each([
    ['no connection', { status: 0, problem: 'ECONNREFUSED' }],
    ['no answer', { status: 0, problem: 'no answer' }],
    ['a page of the gateway', { status: 502, problem: 'no envelope: Bad Gateway' }],
    ['a defect', { status: 500, code: 50001 }],
    ['a code that nobody knows', { status: 418, code: 41801 }],
    ['a code of another status', { status: 404, code: 50301 }],
    ['a failure without a code', { status: 503, code: 0 }],
    ['too late', { millis: 10_001 }],
  ])('is not: %s', (_, over) => expect(check(over)).toBe(1))

  it('may be none while the process is being killed and is not back', () => {
    const lost = { status: 0, problem: 'ECONNRESET' }
    expect(check({ ...lost, at: 50, millis: 45 }, down)).toBe(0)
    expect(check({ ...lost, at: 150 }, down)).toBe(0)
    expect(check({ ...lost, at: 50, millis: 30 }, down)).toBe(1)
    expect(check({ ...lost, at: 1_500 }, down)).toBe(1)
  })
})

it("reads WeChat's journal: the last line of each order and refund counts", () => {
  const order = { outTradeNo: 'O1', totalFen: 100 }
  const refund = { outTradeNo: 'O1', outRefundNo: 'R1', refundFen: 60 }
  const lines = [
    { order },
    { order: { ...order, paid: {} } },
    { refund },
    { spent: 'O7' },
    { refund: { ...refund, succeededAt: 1 } },
    { refund: { ...refund, outRefundNo: 'R2', refundFen: 40 } },
  ]
  expect(wechatOf(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)).toEqual([
    { orderId: 'O1', totalFen: 100, paidFen: 100, refundedFen: 60 },
  ])
})
