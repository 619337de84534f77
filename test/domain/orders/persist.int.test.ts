import type { SQSEvent } from 'aws-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { build as stockJob } from '../../../functions/jobs/stock.ts'
import { readClaims } from '../../../shared/domain/coupons/repository.ts'
import { createHolds, type Holds, type TakenRows } from '../../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createPersist } from '../../../shared/domain/orders/persist.ts'
import { createRelay } from '../../../shared/domain/orders/relay.ts'
import { readStock } from '../../../shared/domain/stock/repository.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { callsOf } from '../../support/calls.ts'
import { contextOf } from '../../support/context.ts'
import { orderPath } from '../../support/order-path.ts'
import { orderOf } from '../../support/orders.ts'

const {
  redis,
  database,
  queue,
  sent,
  refuse,
  holds,
  outbox,
  persist,
  giveUp,
  newSku,
  accept,
  stateOf,
  ledgerOf,
  expectBalance,
} = orderPath()
beforeEach(() => {
  sent.length = 0
  refuse(false)
})

describe('the stock job', () => {
  it('writes a batch once, though it comes five times, cut and reordered', async () => {
    const [a, b] = [await newSku(20), await newSku(20)]
    const orders = [
      await accept({ [a]: 1 }),
      await accept({ [a]: 2, [b]: 1 }),
      await accept({ [b]: 3 }),
    ]
    await persist(orders)
    await persist(orders.toReversed())
    await Promise.all([
      persist(orders.slice(0, 2)),
      persist(orders.slice(1)),
      persist([...orders, ...orders]),
    ])
    for (const { orderId } of orders) expect(await stateOf(orderId)).toBe('unpaid')
    await expectBalance(a, { held: 3, available: 17 })
    await expectBalance(b, { held: 4, available: 16 })
    expect((await ledgerOf(a)).filter(({ kind }) => kind === 'reserve')).toHaveLength(2)
    expect(
      sent
        .filter(({ queue: name }) => name === 'order-timeout')
        .flatMap(({ messages }) => messages),
    ).toHaveLength(3)
  })

  it('does the same batch once when many do it at the same moment', async () => {
    const sku = await newSku(10)
    const orders = await Promise.all(Array.from({ length: 5 }, () => accept({ [sku]: 1 })))
    await Promise.all(Array.from({ length: 6 }, () => persist(orders)))
    await expectBalance(sku, { held: 5, available: 5 })
  })

  it('fails what the database cannot give, gives its hold back, and keeps the rest', async () => {
    const sku = await newSku(5)
    const orders = [
      await accept({ [sku]: 2 }),
      await accept({ [sku]: 2 }),
      await accept({ [sku]: 1 }),
    ]
    // The database has less than Redis knew of.
    await database.write(sql`UPDATE skus SET stock = 3, version = version + 1 WHERE id = ${sku}`)
    await database.write(
      sql`INSERT INTO stock_ledger (sku_id, kind, delta, created_at) VALUES (${sku}, 'correct', -2, ${new Date()})`,
    )
    await persist(orders)
    const states = await Promise.all(orders.map(({ orderId }) => stateOf(orderId)))
    expect(states).toEqual(['unpaid', 'failed', 'unpaid'])
    await expectBalance(sku, { held: 3, available: 0 })
    expect(await holds.find(orders[1]?.orderId ?? '')).toBeUndefined()
  })

  it('ends the hold of an order that was written before its job died', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 2 })
    const dying = createPersist({
      database,
      outbox,
      holds: { settle: () => Promise.reject(new Error('died')) },
    })
    await expect(dying([order])).rejects.toThrow('died')
    expect(await stateOf(order.orderId)).toBe('unpaid')
    await expectBalance(sku, { held: 2, available: 3 })
    await persist([order])
    expect(await holds.find(order.orderId)).toBeUndefined()
    await expectBalance(sku, { held: 2, available: 3 })
  })

  it('does not let one bad order take the others along', async () => {
    const sku = await newSku(5)
    const good = await accept({ [sku]: 1 })
    const bad = await accept({ [sku]: 1 }, { remark: 'x'.repeat(300) })
    const records = [good, bad].map((order, index) => ({
      messageId: `m${index}`,
      body: JSON.stringify(OrderAccepted.of(order)),
      attributes: { ApproximateReceiveCount: '1' },
    }))
    const result = await stockJob(persist)({ Records: records } as unknown as SQSEvent, contextOf())
    expect(result.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }])
    expect(await stateOf(good.orderId)).toBe('unpaid')
    expect(await stateOf(bad.orderId)).toBeUndefined()
  })
})

describe('the statements of the stock job', () => {
  const times = <T>(count: number, what: () => Promise<T>) =>
    Promise.all(Array.from({ length: count }, what))
  const heads = (statements: string[]) =>
    statements.map((text) => /^(INSERT INTO|SELECT .* FROM|\w+) ?(\w+)?/.exec(text)?.[0] ?? text)

  it('are as many for 100 orders of one SKU as for one', async () => {
    const sku = await newSku(101)
    const one = await accept({ [sku]: 1 })
    const single = await callsOf(() => persist([one]))
    const orders = await times(100, () => accept({ [sku]: 1 }))
    const batch = await callsOf(() => persist(orders))
    expect(batch.statements.length).toBe(11)
    expect(heads(batch.statements)).toEqual(heads(single.statements))
    expect(batch.redis).toEqual(['EVALSHA'])
    await expectBalance(sku, { held: 101, available: 0 })
  })

  it('are as many for 100 SKUs, and two more on claims of coupons', async () => {
    const ids = await times(100, () => newSku(5))
    const users = ids.map(() => String(4_000_000_000 + Math.floor(Math.random() * 1_000_000_000)))
    for (const userId of users) {
      await database.write(
        sql`INSERT INTO user_coupons (user_id, coupon_id, claimed) VALUES (${userId}, '88', 1)`,
      )
    }
    const orders = ids.map((id, index) =>
      orderOf({ [id]: 2 }, { userId: users[index] as string, couponId: '88', discountFen: 1 }),
    )
    const { statements } = await callsOf(() => persist(orders))
    expect(statements.length).toBe(14)
    expect(statements.filter((text) => text.startsWith('UPDATE skus'))).toHaveLength(1)
    expect(statements.filter((text) => text.startsWith('UPDATE user_coupons'))).toHaveLength(1)
    for (const id of ids.slice(0, 3)) await expectBalance(id, { held: 2, available: 3 })
    const left = await readClaims(
      database,
      users.map((userId) => ({ userId, couponId: '88' })),
    )
    expect(left.map((claim) => claim.left)).toEqual(users.map(() => 0))
  })

  it('tell Redis the rows as they are, without reading them again', async () => {
    const [a, b] = [await newSku(9), await newSku(9)]
    const orders = [await accept({ [a]: 2, [b]: 1 }), await accept({ [a]: 3 })]
    const told: TakenRows[] = []
    const settle: Holds['settle'] = async (_, rows) => void told.push(rows)
    await createPersist({ database, outbox, holds: { settle } })(orders)
    expect(told[0]?.stock).toEqual(
      await readStock(
        database,
        [a, b].toSorted((x, y) => +x - +y),
      ),
    )
    await persist(orders)
  })
})

describe('the relay', () => {
  it('sends the message of a hold that was never sent', async () => {
    const sku = await newSku(5)
    const impatient = createHolds(redis, 0)
    const order = orderOf({ [sku]: 1 })
    await impatient.place({
      message: OrderAccepted.of(order),
      key: order.orderId,
      bodyHash: 'h',
      answer: '{}',
      limits: [0],
    })
    await createRelay({ holds: impatient, queue, persist, giveUp })()
    const relayed = sent.flatMap(({ messages }) => messages.map(({ message }) => message))
    const message = relayed.find(({ data }) => (data as AcceptedOrder).orderId === order.orderId)
    expect(message?.data).toEqual(order)
    await persist([message?.data as AcceptedOrder])
    expect(await stateOf(order.orderId)).toBe('unpaid')
  })

  it('run twice at once claims each hold once', async () => {
    const sku = await newSku(40)
    const impatient = createHolds(redis, 0)
    const ids = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const order = orderOf({ [sku]: 1 })
        const message = OrderAccepted.of(order)
        const how = { key: order.orderId, bodyHash: 'h', answer: '{}', limits: [0] }
        expect((await impatient.place({ message, ...how })).outcome).toBe('held')
        return order.orderId
      }),
    )
    const claims = await Promise.all([holds.overdue(1_000), holds.overdue(1_000)])
    const claimed = claims.flat().map(({ data }) => data.orderId)
    expect(claimed.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted())
  })
})
