import { decodeTime, encodeTime, ulid } from 'ulid'
import type { Database, Queryable } from '../database/database.ts'
import { listOf, rowsOf, sql } from '../database/sql.ts'
import type { Message } from '../queue/message.ts'
import type { Queue } from '../queue/queue.ts'
import { log } from '../telemetry/log.ts'
import { outOfTime } from '../telemetry/scope.ts'

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
     * Sends rows that were left behind, each batch claimed first: of two relays at once each gets other
     * rows. A row that SQS does not take is tried again ever later, and keeps no other waiting. Ends with
     * the invocation's time; the next run goes on with what is due.
     * @param afterSeconds age from which a row is taken to be left behind
     * @returns how many went out, and how many SQS did not take
     */
    async relay(afterSeconds: number): Promise<{ messages: number; refused: number }> {
      // Ids begin with the time: the primary key finds what is old without reading what is not.
      const before = encodeTime(Date.now() - afterSeconds * 1000, TIME_LENGTH)
      const tally = { messages: 0, refused: 0 }
      let after = ''
      while (!outOfTime()) {
        const ids = await readDue(database, after, before)
        const rows = ids.length === 0 ? [] : await claim(database, ids)
        const sent = await this.deliver(rows)
        tally.messages += sent
        tally.refused += rows.length - sent
        if (ids.length < RELAY_BATCH) break
        after = ids.at(-1) ?? after
      }
      return tally
    },

    /** Whether anything has yet to be sent to this queue. */
    async waits(queueName: string): Promise<boolean> {
      const rows = await database.query<{ id: string }>(
        sql`SELECT id FROM outbox WHERE queue = ${queueName} LIMIT 1`,
      )
      return rows.length > 0
    },

    /** @returns for how many whole seconds the oldest row has waited; 0 where none does */
    async oldestSeconds(): Promise<number> {
      const [row] = await database.query<{ oldest: string | null }>(
        sql`SELECT MIN(id) AS oldest FROM outbox`,
      )
      const oldest = row?.oldest ?? null
      if (oldest === null) return 0
      return Math.max(0, Math.floor((Date.now() - decodeTime(oldest)) / 1000))
    },
  }
}

/** @returns the ids of rows that nobody is at, the oldest first; at most a batch */
async function readDue(database: Database, after: string, before: string): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    sql`SELECT id FROM outbox WHERE id > ${after} AND id < ${before} AND due_at <= ${new Date()}
        ORDER BY id LIMIT ${RELAY_BATCH}`,
  )
  return rows.map(({ id }) => id)
}

/**
 * Puts rows off, to have them for oneself until then: half a minute, and twice as long with each try,
 * up to an hour. Longer than a send takes, so it is the lease as well.
 * @returns those that nobody else claimed first
 */
async function claim(database: Database, ids: readonly string[]): Promise<OutboxRow[]> {
  return database.transaction(async (tx) => {
    const now = new Date()
    // By the primary key: no gap is locked, so what is being written does not wait.
    const rows = await tx.query<StoredRow>(
      sql`SELECT id, queue, message, delay_seconds FROM outbox
          WHERE id IN (${listOf(ids)}) AND due_at <= ${now} ORDER BY id FOR UPDATE`,
    )
    if (rows.length === 0) return []
    await tx.write(
      sql`UPDATE outbox SET due_at = ${now} + INTERVAL (30 << LEAST(attempts, 7)) SECOND,
            attempts = attempts + 1
          WHERE id IN (${listOf(rows.map(({ id }) => id))})`,
    )
    return rows.map(fromStored)
  })
}

export type Outbox = ReturnType<typeof createOutbox>

type StoredRow = { id: string; queue: string; message: string; delay_seconds: number }

function fromStored({ id, queue, message, delay_seconds }: StoredRow): OutboxRow {
  return { id, queue, message: JSON.parse(message) as Message, delaySeconds: delay_seconds }
}
