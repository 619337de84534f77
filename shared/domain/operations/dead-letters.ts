import type { Database } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { type Page, pageOf } from '../../platform/http/page.ts'
import { assertQueue, eachLetter, lookAt } from '../../platform/queue/dead-letters.ts'
import { deleteLetters, type Letter } from '../../platform/queue/letters.ts'
import { log } from '../../platform/telemetry/log.ts'
import { parsed, reasonOf, redactedBody, shown } from './redaction.ts'
import { readDiscarded, recordDiscarded } from './repository.ts'
import type {
  DeadLetter,
  DeadLetterDetail,
  DeadLetterPage,
  Discard,
  DiscardedMessage,
  ListDeadLetters,
  ListDiscarded,
} from './schemas.ts'

export type DeadLetterDeps = {
  database: Database
  /**
   * What else ends with a message, by queue; an order's hold, for one. Throws where it can't be ended
   * now: then the letter stays. Safe to run again.
   */
  endings: Readonly<Record<string, (body: unknown, actorId: string) => Promise<void>>>
}

/** What operators do with messages that were set aside. Nothing that they see says who a buyer is. */
export function createDeadLetters({ database, endings }: DeadLetterDeps) {
  return {
    /**
     * @returns a page, the oldest first. A look takes all letters in hand for a moment: who looks at the
     *   same time sees those as `hidden`
     * @throws NotFound
     */
    async list(queue: string, { limit, cursor }: ListDeadLetters): Promise<DeadLetterPage> {
      const { letters, hidden } = await lookAt(queue)
      const after = letters.filter((letter) => cursor === undefined || isAfter(letter, cursor))
      const { items, nextCursor } = pageOf(after, limit, cursorOf)
      return { items: items.map(toView), nextCursor, hidden }
    },

    /** @throws NotFound, also where somebody else has it in hand */
    async view(queue: string, id: string): Promise<DeadLetterDetail> {
      const { letters } = await lookAt(queue)
      const letter = letters.find((one) => one.id === id)
      if (letter === undefined) throw new NotFound()
      return { ...toView(letter), body: redactedBody(letter.body) }
    },

    /**
     * Throws letters away for good. Each is written down first: where it ends in between, a letter is
     * written down and still there, and discarding it again does the rest.
     * @returns how many are gone, and how many of the chosen ones are left
     * @throws NotFound; Unavailable where none could be discarded
     */
    async discard(
      queue: string,
      { ids, reason }: Discard,
      actorId: string,
    ): Promise<{ discarded: number; left: number }> {
      const { done, left } = await eachLetter(queue, { ids }, async (letters) => {
        for (const { body } of letters) await endings[queue]?.(parsed(body), actorId)
        const rows = letters.map(({ id, body }) => ({ letterId: id, body: redactedBody(body) }))
        await recordDiscarded(database, queue, rows, { actorId, reason })
        return deleteLetters(queue, letters)
      })
      log.warn('dead letters discarded', { queue, actorId, discarded: done, left })
      return { discarded: done, left }
    },

    /** @returns what was discarded, by whom and why, the newest first @throws NotFound */
    async discarded(
      queue: string,
      { limit, cursor }: ListDiscarded,
    ): Promise<Page<DiscardedMessage>> {
      assertQueue(queue)
      return pageOf(await readDiscarded(database, queue, cursor, limit + 1), limit, ({ id }) => id)
    },
  }
}

export type DeadLetters = ReturnType<typeof createDeadLetters>

function toView({ id, body, sentAt, receivedCount, reason }: Letter): DeadLetter {
  const message = Object(parsed(body)) as Record<string, unknown>
  const said = ['type', 'occurredAt', 'traceId'].flatMap((name) => {
    const value = shown(name, message[name])
    return value === undefined ? [] : [[name, value]]
  })
  return {
    id,
    ...Object.fromEntries(said),
    sentAt: sentAt.toISOString(),
    receivedCount,
    reason: reasonOf(reason),
  }
}

const cursorOf = ({ sentAt, id }: Letter) => `${sentAt.getTime()}-${id}`

function isAfter({ sentAt, id }: Letter, cursor: string): boolean {
  const cut = cursor.indexOf('-')
  const time = Number(cursor.slice(0, cut))
  return sentAt.getTime() > time || (sentAt.getTime() === time && id > cursor.slice(cut + 1))
}
