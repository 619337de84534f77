import * as z from 'zod/mini'
import { Id, page, Time, text } from '../../platform/http/fields.ts'

/** `{name}` of a queue in the path. */
export const ByQueue = z.strictObject({ name: text(1, 64) })

/** SQS's own id of a letter. */
export const LetterId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the id of a dead letter'))
export const ByLetter = z.strictObject({ name: text(1, 64), id: LetterId })

/** A dead letter in a list; what the message does not say in the form that it should have is left out. */
export const DeadLetter = z.object({
  id: LetterId,
  type: z.optional(z.string()),
  occurredAt: z.optional(Time),
  /** When it came into its queue first, or was set aside. */
  sentAt: Time,
  /** Tries of its consumer; each look at the dead letters adds one. */
  receivedCount: z.int(),
  reason: z.string(),
  traceId: z.optional(z.string()),
})
export type DeadLetter = z.output<typeof DeadLetter>

export const DeadLetterPage = z.object({
  items: z.array(DeadLetter),
  nextCursor: z.nullable(z.string()),
  /** Letters that another look or redrive has in hand just now; they are seen again within a minute. */
  hidden: z.int(),
})
export type DeadLetterPage = z.output<typeof DeadLetterPage>

/** A dead letter whole, but for what says something about a person. */
export const DeadLetterDetail = z.extend(DeadLetter, { body: z.unknown() })
export type DeadLetterDetail = z.output<typeof DeadLetterDetail>

export const ListDeadLetters = z.strictObject({
  limit: page.limit,
  cursor: z.optional(z.string().check(z.regex(/^\d{1,15}-[A-Za-z0-9-]{1,100}$/, 'is no cursor'))),
})
export type ListDeadLetters = z.output<typeof ListDeadLetters>

const ids = z.array(LetterId).check(z.minLength(1), z.maxLength(100))
const perSecond = z.int().check(z.gte(1), z.lte(1_000))

/** Which dead letters go back to their queue (without `ids` all that are there), and how fast. */
export const Redrive = z.optional(
  z.strictObject({ ids: z.optional(ids), perSecond: z.optional(perSecond) }),
)

/** Which dead letters are thrown away, and why. */
export const Discard = z
  .strictObject({
    ids: z.optional(ids),
    all: z.optional(z.literal(true)),
    reason: text(1, 200),
  })
  .check(
    z.refine(({ ids: some, all }) => (some === undefined) !== (all === undefined), {
      error: 'give either ids, or all: true',
      path: ['ids'],
    }),
  )
export type Discard = z.output<typeof Discard>

/** `left`: chosen ones that are still to do, because time was up or somebody else has them in hand. */
export const Redriven = z.object({ moved: z.int(), left: z.int() })
export const Discarded = z.object({ discarded: z.int(), left: z.int() })

export const ListDiscarded = z.strictObject({ limit: page.limit, cursor: z.optional(Id) })
export type ListDiscarded = z.output<typeof ListDiscarded>

/** A message that an admin threw away. */
export const DiscardedMessage = z.object({
  id: Id,
  letterId: LetterId,
  body: z.unknown(),
  reason: z.string(),
  /** The admin. */
  actorId: Id,
  discardedAt: Time,
})
export type DiscardedMessage = z.output<typeof DiscardedMessage>

/** What the runs of a job of the clock did in one day (UTC). */
export const JobDayView = z.object({
  schedule: z.string(),
  day: z.string(),
  runs: z.int(),
  failures: z.int(),
  /** By name: what its runs did, summed up; of those that end in Seconds the highest. */
  counts: z.record(z.string(), z.number()),
  lastAt: Time,
})
export type JobDayView = z.output<typeof JobDayView>
