import { describe, expect, it, vi } from 'vitest'
import { createClose } from '../../../shared/domain/orders/close.ts'
import { WrongState } from '../../../shared/domain/orders/errors.ts'
import type { Holds } from '../../../shared/domain/orders/holds.ts'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createPersist } from '../../../shared/domain/orders/persist.ts'
import {
  createStockReconcile,
  type ReconcileDeps,
} from '../../../shared/domain/orders/reconcile.ts'
import { createSteps } from '../../../shared/domain/orders/steps.ts'
import { counterKey, holdsKey } from '../../../shared/domain/stock/keys.ts'
import { rowsOf, sql } from '../../../shared/platform/database/sql.ts'
import { createProgress, type Progress } from '../../../shared/platform/jobs/progress.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'
import { orderPath } from '../../support/order-path.ts'
import { orderOf } from '../../support/orders.ts'

const { redis, database, holds, counters, outbox, persist, close, newSku, accept, expectBalance } =
  orderPath()

describe('a word to Redis that got lost', () => {
  const lost = () => Promise.reject(new Error('cut off'))
  const deaf = () => ({ ...holds, settle: lost }) as unknown as Holds
  const again = async (sku: string, userId: string, limit: number) => {
    const order = orderOf({ [sku]: 2 }, { userId })
    const { outcome } = await holds.place({
      message: OrderAccepted.of(order),
      key: order.orderId,
      bodyHash: 'h',
      answer: '{}',
      limits: [limit],
    })
    return outcome
  }
  const progress = Object.fromEntries(
    ['closed', 'skus', 'ledgers'].map((pass) => [pass, createProgress(redis, `test:${pass}`)]),
  ) as ReconcileDeps['progress']
  const reconcile = () =>
    createStockReconcile({ database, holds, counters, unpaidMinutes: 15, progress }).run()

  it('is said again when the order is closed again', async () => {
    const sku = await newSku(2)
    const order = await accept({ [sku]: 2 })
    await persist([order])
    const closeDeaf = createClose({ database, holds: deaf(), take: createSteps(outbox) })
    const how = { actor: SYSTEM, reason: 'test' }
    await expect(closeDeaf(order.orderId, how)).rejects.toThrow('cut off')
    expect(await again(sku, '8', 0)).toBe('short')
    await expect(close(order.orderId, how)).rejects.toThrow(WrongState)
    expect(await again(sku, '8', 0)).toBe('held')
  })

  it('is made up for by the reconciler: units, and what the buyer may have', async () => {
    const sku = await newSku(4)
    const userId = String(3_000_000_000 + Math.floor(Math.random() * 1_000_000_000))
    expect(await again(sku, userId, 2)).toBe('held')
    const [kept] = await holds.ofUser(userId)
    if (kept === undefined) throw new Error('is not held')
    await expect(createPersist({ database, holds: deaf(), outbox })([kept])).rejects.toThrow(
      'cut off',
    )
    const closeDeaf = createClose({ database, holds: deaf(), take: createSteps(outbox) })
    const how = { actor: SYSTEM, reason: 'test' }
    await expect(closeDeaf(kept.orderId, how)).rejects.toThrow('cut off')
    expect(await again(sku, userId, 2)).toBe('over')
    await reconcile()
    expect(await again(sku, userId, 2)).toBe('held')
    await expectBalance(sku, { held: 2, available: 2 })
  })

  it('of a correction that died is made up for; one that is under way is left alone', async () => {
    const sku = await newSku(5)
    const dead = `correction:${Date.now() - 61_000}:01ARZ3NDEKTSV4RRFFQ69G5FAV`
    const alive = await counters.reserve(sku, 1)
    await redis.send(['HSET', holdsKey(sku), dead, 2])
    await redis.send(['HINCRBY', counterKey(sku), 'held', 2])
    expect(await again(sku, '8', 0)).toBe('held')
    expect(await again(sku, '8', 0)).toBe('short')
    await reconcile()
    expect(await redis.send(['HKEYS', holdsKey(sku)])).toContain(alive)
    expect(await again(sku, '8', 0)).toBe('held')
    await expectBalance(sku, { held: 4, available: 1 })
  })

  it('of an order that was closed after its hold had ended is made up for, too', async () => {
    const sku = await newSku(4)
    const userId = String(3_000_000_000 + Math.floor(Math.random() * 1_000_000_000))
    expect(await again(sku, userId, 2)).toBe('held')
    const [kept] = await holds.ofUser(userId)
    if (kept === undefined) throw new Error('is not held')
    await persist([kept])
    const closeDeaf = createClose({ database, holds: deaf(), take: createSteps(outbox) })
    const how = { actor: SYSTEM, reason: 'test' }
    await expect(closeDeaf(kept.orderId, how)).rejects.toThrow('cut off')
    expect(await again(sku, userId, 2)).toBe('over')
    await reconcile()
    expect(await again(sku, userId, 2)).toBe('held')
  })

  it('is made up for where thousands of orders hold units of one SKU', async () => {
    const [sku, other] = [await newSku(5_000), await newSku(5)]
    const orders: AcceptedOrder[] = []
    for (let round = 0; round < 12; round++) {
      orders.push(...(await Promise.all(Array.from({ length: 100 }, () => accept({ [sku]: 1 })))))
    }
    const deafly = createPersist({ database, holds: deaf(), outbox })
    for (const some of [orders.slice(0, 600), orders.slice(600, 900)]) {
      await expect(deafly(some)).rejects.toThrow('cut off')
    }
    await accept({ [other]: 1 })
    await redis.send(['HSET', counterKey(sku), 'held', 7])
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => {})
    await reconcile()
    expect(warned).toHaveBeenCalledWith('stock counter repaired', { skuId: sku })
    warned.mockRestore()
    expect((await counters.holdsOn(sku)).size).toBe(300)
    expect(await redis.hget(counterKey(sku), 'held')).toBe('300')
    await expectBalance(sku, { held: 1200, available: 3800 })
  })

  it('or a counter that is wrong is put right and told, and one that is right is left alone', async () => {
    const [wrong, right] = [await newSku(3), await newSku(3)]
    await redis.send(['HSET', counterKey(wrong), 'base', 1, 'held', 7])
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => {})
    await reconcile()
    expect(warned).toHaveBeenCalledWith('stock counter repaired', { skuId: wrong })
    expect(warned).not.toHaveBeenCalledWith('stock counter repaired', { skuId: right })
    warned.mockRestore()
    const order = await accept({ [wrong]: 3 })
    await persist([order])
    await expectBalance(wrong, { held: 3, available: 0 })
  })
})

describe('a run of the reconciler', () => {
  /** Keeps in memory where each pass is. */
  function progressAt(skus: string, ledgers: string) {
    const at: Record<string, string | undefined> = { skus, ledgers }
    const of = (pass: string): Progress => ({
      read: async () => at[pass],
      keep: async (next) => {
        at[pass] = next
      },
    })
    return { at, progress: { closed: of('closed'), skus: of('skus'), ledgers: of('ledgers') } }
  }
  const before = (skuId: string) => String(BigInt(skuId) - 1n)

  it('that has no time for all SKUs is gone on with by the next', async () => {
    const rows = Array.from({ length: 250 }, () => [1, 'x', 1, 0, '{}'])
    const { insertId: first } = await database.write(
      sql`INSERT INTO skus (product_id, title, price_fen, stock, attributes) VALUES ${rowsOf(rows)}`,
    )
    const { at, progress } = progressAt(before(first), before(first))
    const timer = new AbortController()
    const repaired: string[][] = []
    const repair = async (stock: readonly { skuId: string }[]) => {
      repaired.push(stock.map(({ skuId }) => skuId))
      if (repaired.length === 1) timer.abort()
      return []
    }
    const all = { database, holds, counters: { ...counters, repair }, unpaidMinutes: 15, progress }
    const run = () => createStockReconcile(all).run()
    const scope = { traceId: 'reconcile', functionName: 'test', coldStart: false }
    const cut = await withScope({ ...scope, deadline: timer.signal }, run)
    expect([cut.skus, cut.ledgers]).toEqual([100, 0])
    expect(at.skus).toBe(repaired[0]?.at(-1))
    const rest = await run()
    expect(rest.skus).toBeGreaterThanOrEqual(150)
    const seen = repaired.flat()
    expect(new Set(seen).size).toBe(seen.length)
    // All were gone through, so the next begins anew.
    expect(at.skus).toBeUndefined()
    await database.write(
      sql`DELETE FROM skus WHERE id >= ${first} AND id < ${String(BigInt(first) + 250n)} AND stock = 0`,
    )
  })

  it('tells a row that is not the sum of its ledger, and changes neither', async () => {
    const sku = await newSku(5)
    await database.write(sql`UPDATE skus SET stock = stock + 2 WHERE id = ${sku}`)
    const { progress } = progressAt(before(sku), before(sku))
    const told = vi.spyOn(log, 'error').mockImplementation(() => {})
    const all = { database, holds, counters, unpaidMinutes: 15, progress }
    const { ledgerDrift } = await createStockReconcile(all).run()
    expect(ledgerDrift).toBeGreaterThanOrEqual(1)
    const drift = { skuId: sku, stock: 7, ledger: 5 }
    expect(told).toHaveBeenCalledWith('stock differs from its ledger', expect.anything(), drift)
    told.mockRestore()
    await database.write(sql`UPDATE skus SET stock = 5 WHERE id = ${sku}`)
  })

  it('twice at once ends what was decided, and leaves counters right', async () => {
    const sku = await newSku(8)
    const orders = await Promise.all([1, 2].map((units) => accept({ [sku]: units })))
    const deaf = { ...holds, settle: () => Promise.reject(new Error('cut off')) }
    await expect(
      createPersist({ database, holds: deaf as unknown as Holds, outbox })(orders),
    ).rejects.toThrow('cut off')
    await redis.send(['HSET', counterKey(sku), 'held', 7])
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => {})
    const both = [1, 2].map(() => {
      const { progress } = progressAt(before(sku), before(sku))
      return createStockReconcile({ database, holds, counters, unpaidMinutes: 15, progress }).run()
    })
    await Promise.all(both)
    warned.mockRestore()
    expect((await counters.holdsOn(sku)).size).toBe(0)
    await expectBalance(sku, { held: 3, available: 5 })
  })
})
