import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readClaims } from '../../../shared/domain/coupons/repository.ts'
import type { Close } from '../../../shared/domain/orders/close.ts'
import { createExpiry } from '../../../shared/domain/orders/expiry.ts'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import type { Progress } from '../../../shared/platform/jobs/progress.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'
import { callsOf } from '../../support/calls.ts'
import { orderPath } from '../../support/order-path.ts'
import { orderOf } from '../../support/orders.ts'

const { database, queue, sent, refuse, persist, close, newSku, accept, stateOf, expectBalance } =
  orderPath()
beforeEach(() => {
  sent.length = 0
  refuse(false)
})

/** Keeps in memory where a job has come to. */
function progressOf(): Progress {
  let kept: string | undefined
  return {
    read: async () => kept,
    keep: async (at) => {
      kept = at
    },
  }
}

describe('closing an unpaid order', () => {
  it('gives its stock back once, however many do it', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 2 })
    await persist([order])
    const closed = await Promise.allSettled(
      Array.from({ length: 8 }, () => close(order.orderId, { actor: SYSTEM, reason: 'test' })),
    )
    expect(closed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expectBalance(sku, { held: 0, available: 5 })
    // A message that is delivered late changes nothing any more.
    await persist([order])
    expect(await stateOf(order.orderId)).toBe('cancelled')
    await expectBalance(sku, { held: 0, available: 5 })
  })

  it('locks the row of the SKU last, for one statement and the commit', async () => {
    const [a, b] = [await newSku(5), await newSku(5)]
    const order = await accept({ [a]: 2, [b]: 1 })
    await persist([order])
    const { statements } = await callsOf(() => close(order.orderId, { actor: SYSTEM, reason: 'x' }))
    const begin = statements.indexOf('BEGIN')
    const within = statements.slice(begin, statements.indexOf('COMMIT') + 1)
    expect(within.filter((text) => text.includes(' skus '))).toHaveLength(1)
    expect(within.at(-2)).toMatch(/^UPDATE skus /)
    // By an index of states it would lock the gap that new orders are written into.
    expect(within.some((text) => /^UPDATE orders FORCE INDEX \(PRIMARY\)/.test(text))).toBe(true)
    await expectBalance(a, { held: 0, available: 5 })
    await expectBalance(b, { held: 0, available: 5 })
  })

  it('does not deadlock with the stock job, whatever they share', async () => {
    const [a, b] = [await newSku(200), await newSku(200)]
    const couponId = '79'
    const userId = String(1_000_000_000 + Math.floor(Math.random() * 8_000_000_000))
    await database.write(
      sql`INSERT INTO user_coupons (user_id, coupon_id, claimed) VALUES (${userId}, ${couponId}, 99)`,
    )
    const using = () => orderOf({ [a]: 1, [b]: 1 }, { userId, couponId, discountFen: 1 })
    const old = Array.from({ length: 20 }, using)
    await persist(old)
    const again = vi.spyOn(log, 'info')
    const fresh = Array.from({ length: 20 }, using)
    await Promise.all([
      ...old.map(({ orderId }) => close(orderId, { actor: SYSTEM, reason: 'test' })),
      ...fresh.map((order, index) => persist([order, ...old.slice(index, index + 2)])),
    ])
    expect(again).not.toHaveBeenCalledWith('transaction tried again', expect.anything())
    again.mockRestore()
    await expectBalance(a, { held: 20, available: 180 })
    expect((await readClaims(database, [{ userId, couponId }]))[0]?.left).toBe(79)
  })

  it('gives its coupon back once, and a coupon serves one order', async () => {
    const sku = await newSku(5)
    const userId = String(1_000_000_000 + Math.floor(Math.random() * 8_000_000_000))
    const claim = { userId, couponId: '77' }
    await database.write(
      sql`INSERT INTO user_coupons (user_id, coupon_id, claimed) VALUES (${userId}, '77', 1)`,
    )
    const claims = () => readClaims(database, [claim])
    const with77 = { userId, couponId: '77', discountFen: 1 }
    // Two orders with one claim: only a counter that has lost its place lets that happen.
    const [first, second] = [orderOf({ [sku]: 1 }, with77), orderOf({ [sku]: 1 }, with77)]
    await persist([first, second])
    expect([await stateOf(first.orderId), await stateOf(second.orderId)].toSorted()).toEqual([
      'failed',
      'unpaid',
    ])
    expect((await claims())[0]?.left).toBe(0)
    const kept = (await stateOf(first.orderId)) === 'unpaid' ? first : second
    await Promise.allSettled(
      [1, 2, 3].map(() => close(kept.orderId, { actor: SYSTEM, reason: 'test' })),
    )
    expect((await claims())[0]?.left).toBe(1)
    const third = await accept({ [sku]: 1 })
    await persist([third])
    await expectBalance(sku, { held: 1, available: 4 })
  })

  it('happens by the timer when the time is up, and not before', async () => {
    const expiry = createExpiry({ database, queue, close, progress: progressOf() })
    const sku = await newSku(5)
    const early = await accept({ [sku]: 1 })
    const late = await accept(
      { [sku]: 1 },
      { expiresAt: new Date(Date.now() - 1000).toISOString() },
    )
    await persist([early, late])
    sent.length = 0
    await expiry.onTimer(early)
    await expiry.onTimer(late)
    expect(await stateOf(early.orderId)).toBe('unpaid')
    expect(await stateOf(late.orderId)).toBe('cancelled')
    const [again] = sent
    expect(again?.queue).toBe('order-timeout')
    expect(again?.messages[0]?.delaySeconds).toBeGreaterThan(890)
    refuse(true)
    await expect(expiry.onTimer(early)).rejects.toThrow()
  })

  it('is done by the sweep where the timer was lost', async () => {
    const expiry = createExpiry({ database, queue, close, progress: progressOf() })
    const sku = await newSku(5)
    const order = await accept(
      { [sku]: 1 },
      { expiresAt: new Date(Date.now() - 120_000).toISOString() },
    )
    await persist([order])
    expect((await expiry.sweep()).closed).toBeGreaterThanOrEqual(1)
    expect(await stateOf(order.orderId)).toBe('cancelled')
    await expectBalance(sku, { held: 0, available: 5 })
  })
})

describe('the sweep', () => {
  it('is not held up by an order that can not be closed', async () => {
    const sku = await newSku(5)
    const expired = (minutes: number) => ({
      expiresAt: new Date(Date.now() - minutes * 60_000).toISOString(),
    })
    const stuck = await accept({ [sku]: 1 }, expired(9))
    const next = await accept({ [sku]: 1 }, expired(5))
    await persist([stuck, next])
    const picky: Close = (orderId, how) =>
      orderId === stuck.orderId ? Promise.reject(new Error('refused')) : close(orderId, how)
    vi.spyOn(log, 'error').mockImplementationOnce(() => {})
    const tally = await createExpiry({
      database,
      queue,
      close: picky,
      progress: progressOf(),
    }).sweep()
    expect(tally.failed).toBe(1)
    expect([await stateOf(stuck.orderId), await stateOf(next.orderId)]).toEqual([
      'unpaid',
      'cancelled',
    ])
    await close(stuck.orderId, { actor: SYSTEM, reason: 'test' })
  })

  it('that ran out of time is gone on with by the next, though nothing could be closed', async () => {
    const sku = await newSku(5)
    const expiresAt = new Date(Date.now() - 20 * 86_400_000).toISOString()
    const orders = await Promise.all([1, 2, 3].map(() => accept({ [sku]: 1 }, { expiresAt })))
    await persist(orders)
    const ours = new Set(orders.map(({ orderId }) => orderId))
    vi.spyOn(log, 'error').mockImplementation(() => {})
    const progress = progressOf()
    const tried: string[] = []
    /** One order takes all of a run's time. */
    const run = async () => {
      const timer = new AbortController()
      const slow: Close = async (orderId) => {
        if (!ours.has(orderId)) return
        tried.push(orderId)
        timer.abort()
        throw new Error('WeChat does not answer')
      }
      const scope = { traceId: 'sweep', functionName: 'test', coldStart: false }
      const expiry = createExpiry({ database, queue, close: slow, progress })
      await withScope({ ...scope, deadline: timer.signal }, () => expiry.sweep())
    }
    for (let runs = 0; runs < 3; runs++) await run()
    // Each was tried once; but for what a sweep of other tests has closed meanwhile.
    const states = await Promise.all([...ours].map(stateOf))
    const closed = [...ours].filter((_, at) => states[at] === 'cancelled')
    expect(new Set([...tried, ...closed])).toEqual(ours)
    expect(new Set(tried).size).toBe(tried.length)
    vi.mocked(log.error).mockRestore()
    // Two at once close each once.
    const both = [1, 2].map(() =>
      createExpiry({ database, queue, close, progress: progressOf() }).sweep(),
    )
    expect((await Promise.all(both)).map(({ failed }) => failed)).toEqual([0, 0])
    for (const orderId of ours) expect(await stateOf(orderId)).toBe('cancelled')
    await expectBalance(sku, { held: 0, available: 5 })
  })
})
