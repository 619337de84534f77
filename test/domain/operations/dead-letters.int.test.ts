import { randomUUID } from 'node:crypto'
import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createDeadLetters } from '../../../shared/domain/operations/dead-letters.ts'
import { createEndOrder } from '../../../shared/domain/orders/give-up.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { lookAt } from '../../../shared/platform/queue/dead-letters.ts'
import { asciiJson } from '../../../shared/platform/queue/queue.ts'
import { queueUrl } from '../../../shared/platform/queue/sqs.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { orderPath } from '../../support/order-path.ts'
import { ownQueues } from '../../support/queues.ts'

const { sqs } = ownQueues()
const { database, holds, giveUp, persist, newSku, accept, stateOf, expectBalance } = orderPath()
const deadUrl = queueUrl('stock-dead')
const ADMIN = '7'

beforeEach(async () => {
  await sqs.send(new PurgeQueueCommand({ QueueUrl: deadUrl }))
})

const die = (message: unknown) =>
  sqs.send(new SendMessageCommand({ QueueUrl: deadUrl, MessageBody: asciiJson(message) }))
const letters = createDeadLetters({ database, endings: { stock: createEndOrder(giveUp) } })
const count = async () => (await lookAt('stock')).letters.length

describe('a list of dead letters', () => {
  it('goes through all of them, page by page, each once', async () => {
    const ids: string[] = []
    for (let i = 0; i < 7; i++) await die({ ...OrderAccepted.of({} as never), id: randomUUID() })
    let cursor: string | undefined
    do {
      const page = await letters.list('stock', { limit: 3, cursor })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect([ids.length, new Set(ids).size]).toEqual([7, 7])
    const one = await letters.view('stock', ids[0] ?? '')
    expect(one).toMatchObject({ type: 'order.accepted', body: { type: 'order.accepted' } })
    expect(one.reason).toMatch(/tries were used up/)
  })
})

describe('discarding an order that never got into the database', () => {
  vi.spyOn(log, 'warn').mockImplementation(() => {})

  it('ends it as failed, frees its units, and writes down who, why, and nothing about the buyer', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 3 }, { remark: '放在门口' })
    await die(OrderAccepted.of(order))
    const all = { all: true as const, reason: 'a test of ours' }
    expect(await letters.discard('stock', all, ADMIN)).toEqual({ discarded: 1, left: 0 })
    expect([await stateOf(order.orderId), await count()]).toEqual(['failed', 0])
    expect(await holds.find(order.orderId)).toBeUndefined()
    await expectBalance(sku, { held: 0, available: 5 })
    const { items } = await letters.discarded('stock', { limit: 1 })
    expect(items[0]).toMatchObject({ reason: 'a test of ours', actorId: ADMIN })
    expect(items[0]?.body).toMatchObject({ data: { orderId: order.orderId, remark: '[hidden]' } })
    expect(JSON.stringify(items)).not.toContain('放在门口')
    // What was on its way of it all the same comes to nothing.
    await persist([order])
    expect(await stateOf(order.orderId)).toBe('failed')
    await expectBalance(sku, { held: 0, available: 5 })
  })

  it('leaves an order alone that got there by another way', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 3 })
    await persist([order])
    await die(OrderAccepted.of(order))
    await letters.discard('stock', { all: true, reason: 'a copy' }, ADMIN)
    expect([await stateOf(order.orderId), await count()]).toEqual(['unpaid', 0])
    await expectBalance(sku, { held: 3, available: 2 })
  })

  it('keeps the letter where the order can not be ended now', async () => {
    const away = () => Promise.reject(Unavailable.because('database', new Error('away')))
    const broken = createDeadLetters({ database, endings: { stock: away } })
    await die(OrderAccepted.of({} as never))
    await expect(broken.discard('stock', { all: true, reason: 'x' }, ADMIN)).rejects.toThrow(
      Unavailable,
    )
    expect((await lookAt('stock')).hidden).toBe(1)
  })

  it('by two admins at once discards and writes down each once', async () => {
    const mark = randomUUID()
    for (let i = 0; i < 12; i++) await die({ type: 'nobody.knows', i })
    const all = { all: true as const, reason: mark }
    const both = await Promise.all([1, 2].map(() => letters.discard('stock', all, ADMIN)))
    expect(both.reduce((sum, { discarded }) => sum + discarded, 0)).toBe(12)
    const newest = await letters.discarded('stock', { limit: 5 })
    const cursor = newest.nextCursor ?? undefined
    const older = await letters.discarded('stock', { limit: 7, cursor })
    const items = [...newest.items, ...older.items].filter(({ reason }) => reason === mark)
    expect(new Set(items.map(({ letterId }) => letterId)).size).toBe(12)
  })
})
