import { encodeTime, ulid } from 'ulid'
import { afterEach, describe, expect, it } from 'vitest'
import { OrderExpires } from '../../../shared/domain/orders/messages.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { createOutbox, type OutboxRow } from '../../../shared/platform/outbox/outbox.ts'
import type { Queue } from '../../../shared/platform/queue/queue.ts'
import { orderPath } from '../../support/order-path.ts'

const { database, newSku, accept, persist, refuse, sent, outbox } = orderPath()

/** Older than the relay waits here, and younger than it waits elsewhere: nobody else takes them. */
const [AGE, AFTER] = [15, 10]
const old = (queue: string, bytes = 0): OutboxRow => ({
  id: encodeTime(Date.now() - AGE * 1000, 10) + ulid().slice(10),
  queue,
  message: OrderExpires.of({ orderId: ulid(), expiresAt: 'x'.repeat(bytes) }),
  delaySeconds: 0,
})
/** A queue that keeps what it is sent, but for what goes to `broken`. */
function queueOf(): Queue & { sent: string[] } {
  const kept: string[] = []
  return {
    sent: kept,
    send: async (name, messages) => {
      if (name === 'broken') return { failed: messages.map((_, index) => index) }
      await new Promise((resolve) => setImmediate(resolve))
      kept.push(...messages.map(({ message }) => message.id))
      return { failed: [] }
    },
  }
}
const add = (rows: readonly OutboxRow[]) => outbox.add(database, rows)
afterEach(async () => {
  await database.write(sql`DELETE FROM outbox WHERE queue IN ('broken', 'whole')`)
})

describe('the relay of the outbox', () => {
  it('sends what the outbox still has, and only that', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 1 })
    refuse(true)
    await persist([order])
    refuse(false)
    expect((await outbox.relay(0)).messages).toBeGreaterThanOrEqual(1)
    const timers = sent.flatMap(({ messages }) =>
      messages.map(({ message }) => message.data as { orderId: string }),
    )
    expect(timers.filter(({ orderId }) => orderId === order.orderId)).toHaveLength(1)
    sent.length = 0
    await outbox.relay(0)
    expect(sent).toEqual([])
  })

  it('run three times at once sends each row once', async () => {
    const rows = Array.from({ length: 250 }, () => old('whole'))
    await add(rows)
    const queue = queueOf()
    const relays = [1, 2, 3].map(() => createOutbox(database, queue).relay(AFTER))
    const sums = await Promise.all(relays)
    expect(sums.reduce((sum, { messages }) => sum + messages, 0)).toBe(250)
    expect(queue.sent.toSorted()).toEqual(rows.map(({ message }) => message.id).toSorted())
  })

  it('lets rows that SQS does not take keep no other waiting, and tries them ever later', async () => {
    const bad = Array.from({ length: 120 }, () => old('broken'))
    const good = Array.from({ length: 5 }, () => old('whole'))
    await add([...bad, ...good])
    const queue = queueOf()
    const relay = () => createOutbox(database, queue).relay(AFTER)
    expect(await relay()).toEqual({ messages: 5, refused: 120 })
    expect(queue.sent).toHaveLength(5)
    // They have been put off.
    expect(await relay()).toEqual({ messages: 0, refused: 0 })
    const waits: number[] = []
    for (let tries = 1; tries <= 10; tries++) {
      const [row] = await database.query<{ attempts: number; due_at: Date }>(
        sql`SELECT attempts, due_at FROM outbox WHERE id = ${bad[0]?.id}`,
      )
      expect(row?.attempts).toBe(tries)
      waits.push((row?.due_at.getTime() ?? 0) - Date.now())
      await database.write(sql`UPDATE outbox SET due_at = '1970-01-02' WHERE id = ${bad[0]?.id}`)
      expect(await relay()).toEqual({ messages: 0, refused: 1 })
    }
    const expected = [30, 60, 120, 240, 480, 960, 1920, 3840, 3840, 3840]
    // Told in seconds, since some time goes by until it is read.
    expect(waits.map((wait) => Math.round(wait / 30_000) * 30)).toEqual(expected)
  })

  it('cut off after its claim lets go of the rows by itself', async () => {
    const row = old('whole')
    await add([row])
    const dies: Queue = { send: () => Promise.reject(new Error('cut off')) }
    await expect(createOutbox(database, dies).relay(AFTER)).rejects.toThrow('cut off')
    const queue = queueOf()
    await createOutbox(database, queue).relay(AFTER)
    expect(queue.sent).toEqual([])
    await database.write(sql`UPDATE outbox SET due_at = ${new Date()} WHERE id = ${row.id}`)
    await createOutbox(database, queue).relay(AFTER)
    expect(queue.sent).toEqual([row.message.id])
  })

  it('says how long the oldest has waited', async () => {
    await add([old('broken')])
    expect(await outbox.oldestSeconds()).toBeGreaterThanOrEqual(AGE)
  })
})
