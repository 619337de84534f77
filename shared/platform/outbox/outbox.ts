import { encodeTime, ulid } from 'ulid'
import type { Database, Queryable } from '../database/database.ts'
import { listOf, rowsOf, sql } from '../database/sql.ts'
import type { Message } from '../queue/message.ts'
import type { Queue } from '../queue/queue.ts'
import { log } from '../telemetry/log.ts'

/** A message that waits in the database until SQS has it. Its id sorts by time. */
export type OutboxRow = { id: string; queue: string; message: Message; delaySeconds: number }

const RELAY_BATCH = 100
/** Characters of a ULID that are its time. */
const TIME_LENGTH = 10

/**
 * A message to send once the transaction has committed.
 * @param delaySeconds how long SQS keeps it back, at most 900
 */
export function toSend(queue: string, message: Message, delaySeconds = 0): OutboxRow {
  return { id: ulid(), queue, message, delaySeconds }
}

/**
 * The transactional outbox: rows written with the change that causes them, sent after its commit,
 * and again by the relay where that failed. Every message arrives at least once.
 * @see https://microservices.io/patterns/data/transactional-outbox.html
 */
export function createOutbox(database: Database, queue: Queue) {
  return {
    /** Writes rows within the transaction of the change that causes them. */
    async add(tx: Queryable, rows: readonly OutboxRow[]): Promise<void> {
      if (rows.length === 0) return
      const values = rows.map(({ id, queue: name, message, delaySeconds }) => [
        id,
        name,
        JSON.stringify(message),
        delaySeconds,
        new Date(),
      ])
      await tx.write(
        sql`INSERT INTO outbox (id, queue, message, delay_seconds, created_at) VALUES ${rowsOf(values)}`,
      )
    },

    /**
     * Sends rows and forgets those that SQS took. Call after the commit. Never throws: what is left
     * the relay sends.
     * @returns how many went out
     */
    async deliver(rows: readonly OutboxRow[]): Promise<number> {
      const sent: string[] = []
      for (const [name, group] of Map.groupBy(rows, (row) => row.queue)) {
        const { failed } = await queue.send(name, group)
        const refused = new Set(failed)
        sent.push(...group.filter((_, index) => !refused.has(index)).map(({ id }) => id))
      }
      if (sent.length === 0) return 0
      try {
        await database.write(sql`DELETE FROM outbox WHERE id IN (${listOf(sent)})`)
      } catch (error) {
        log.error('sent outbox rows are still there and will be sent twice', error)
      }
      return sent.length
    },

    /**
     * Sends rows that have waited for too long. Two relays at once send twice, which consumers take.
     * @param afterSeconds age from which a row is taken to be left behind
     */
    async relay(afterSeconds: number): Promise<number> {
      // Ids begin with the time: the primary key finds what is old without reading what is not.
      const before = encodeTime(Date.now() - afterSeconds * 1000, TIME_LENGTH)
      let relayed = 0
      for (;;) {
        const rows = await database.query<StoredRow>(
          sql`SELECT id, queue, message, delay_seconds FROM outbox
              WHERE id < ${before} ORDER BY id LIMIT ${RELAY_BATCH}`,
        )
        const sent = await this.deliver(rows.map(fromStored))
        relayed += sent
        if (sent < RELAY_BATCH) return relayed
      }
    },
  }
}

export type Outbox = ReturnType<typeof createOutbox>

type StoredRow = { id: string; queue: string; message: string; delay_seconds: number }

function fromStored({ id, queue, message, delay_seconds }: StoredRow): OutboxRow {
  return { id, queue, message: JSON.parse(message) as Message, delaySeconds: delay_seconds }
}
