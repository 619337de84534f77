import fc from 'fast-check'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { WrongState } from '../../../shared/domain/orders/errors.ts'
import { readHistory } from '../../../shared/domain/orders/history.ts'
import type { OrderState } from '../../../shared/domain/orders/machine.ts'
import { ACTORS, type Actor, STEPS, type Step } from '../../../shared/domain/orders/machine.ts'
import { insertOrders, lockOrder, readOrder } from '../../../shared/domain/orders/repository.ts'
import { createSteps } from '../../../shared/domain/orders/steps.ts'
import { createDatabase, type Database } from '../../../shared/platform/database/database.ts'
import type { OutboxRow } from '../../../shared/platform/outbox/outbox.ts'
import { BUYER, orderOf } from '../../support/orders.ts'

let database: Database
const told: OutboxRow[] = []
const take = createSteps({ add: async (_, rows) => void told.push(...rows) })

beforeAll(() => {
  database = createDatabase(inject('endpoints').databaseUrl ?? '')
})

const actorOf = (kind: Actor['kind']): Actor =>
  kind === 'user' || kind === 'admin' ? { kind, id: '7' } : { kind }

async function newOrder(): Promise<string> {
  const order = orderOf({ '1': 1 })
  await insertOrders(database, [{ order, state: 'unpaid' }])
  return order.orderId
}

/** @returns whether the step was taken */
async function attempt(orderId: string, step: Step, kind: Actor['kind']): Promise<boolean> {
  try {
    await database.transaction(async (tx) => {
      const order = await lockOrder(tx, orderId)
      if (order === undefined) throw new Error('no such order')
      return take(tx, step, order, actorOf(kind), { reason: step })
    })
    return true
  } catch (error) {
    if (error instanceof WrongState) return false
    throw error
  }
}

const steps = Object.keys(STEPS) as Step[]
const attempts = fc.array(
  fc.record({ step: fc.constantFrom(...steps), kind: fc.constantFrom(...ACTORS) }),
  { maxLength: 25 },
)

describe('a step', () => {
  it('is to be seen at once by the buyer, and by the admin who took it', async () => {
    const marked: string[] = []
    const marking = createDatabase(inject('endpoints').databaseUrl ?? '', {
      mark: async (userIds) => void marked.push(...userIds),
    })
    const orderId = await newOrder()
    for (const [step, actor] of [
      ['pay', { kind: 'wechat' }],
      ['ship', { kind: 'admin', id: '7' }],
    ] as const) {
      await marking.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId)
        if (order === undefined) throw new Error('no such order')
        return take(tx, step, order, actor)
      })
    }
    expect(marked).toEqual([BUYER, BUYER, '7'])
  })

  it('is taken only as the table says, and leaves a row of history', async () => {
    await fc.assert(
      fc.asyncProperty(attempts, async (tried) => {
        const orderId = await newOrder()
        let state: OrderState = 'unpaid'
        const taken: { step: string; status: string; actor: string }[] = []
        for (const { step, kind } of tried) {
          const { from, to, by } = STEPS[step]
          const may =
            (from as readonly string[]).includes(state) && (by as readonly string[]).includes(kind)
          expect(await attempt(orderId, step, kind)).toBe(may)
          if (!may) continue
          state = to
          taken.push({ step, status: to, actor: kind })
        }
        expect((await readOrder(database, orderId))?.status).toBe(state)
        expect(await readHistory(database, orderId)).toMatchObject(taken)
      }),
      { numRuns: 40 },
    )
  })

  it('is taken once, however many try at the same time', async () => {
    const orderId = await newOrder()
    told.length = 0
    const tries = await Promise.all([
      ...Array.from({ length: 6 }, () => attempt(orderId, 'pay', 'wechat')),
      ...Array.from({ length: 6 }, () => attempt(orderId, 'cancel', 'user')),
    ])
    expect(tries.filter(Boolean)).toHaveLength(1)
    expect(await readHistory(database, orderId)).toHaveLength(1)
    const paid = (await readOrder(database, orderId))?.status === 'paid'
    expect(told.map(({ queue }) => queue)).toEqual(paid ? ['notify', 'email'] : [])
  })

  it('leads from every state but the final ones to an end', () => {
    const ends: OrderState[] = ['completed', 'cancelled', 'refunded']
    const reachable = (state: OrderState, seen = new Set<OrderState>()): Set<OrderState> => {
      for (const { from, to } of Object.values(STEPS)) {
        if ((from as readonly OrderState[]).includes(state) && !seen.has(to)) {
          reachable(to, seen.add(to))
        }
      }
      return seen
    }
    for (const state of ['unpaid', 'paid', 'shipped', 'refunding'] as const) {
      expect([...reachable(state)].some((end) => ends.includes(end))).toBe(true)
    }
    expect([...reachable('cancelled'), ...reachable('refunded')]).toEqual([])
  })
})
