import * as z from 'zod/mini'
import { Time, Ulid } from '../../platform/http/fields.ts'

const MAX_DAYS = 366
const DAY_MILLIS = 86_400_000

export const EXPORT_KINDS = ['orders'] as const
/** `csv`: for a spreadsheet, a line for each item; `ndjson`: for programs, a line for each order. */
export const EXPORT_FORMATS = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const millis = (time: string) => Date.parse(time)

/** Orders placed from `from` on and before `to`, that the database has when the export is asked for. */
export const NewExport = z
  .strictObject({
    kind: z.enum(EXPORT_KINDS),
    from: Time.check(z.refine((time) => millis(time) >= 0, 'must be in 1970 or later')),
    to: Time,
    format: z.enum(EXPORT_FORMATS),
  })
  .check(
    z.refine(({ from, to }) => millis(from) < millis(to), {
      path: ['to'],
      error: 'must be later than from',
    }),
    z.refine(({ from, to }) => millis(to) - millis(from) <= MAX_DAYS * DAY_MILLIS, {
      path: ['to'],
      error: `must be at most ${MAX_DAYS} days after from`,
    }),
  )
export type NewExport = z.output<typeof NewExport>

export const EXPORT_STATES = ['pending', 'running', 'done', 'failed'] as const

export const ExportCreated = z.object({ id: Ulid })

/** How far an export is; `url` once it is done, good for some minutes, made anew at each look. */
export const ExportView = z.object({
  id: Ulid,
  kind: z.enum(EXPORT_KINDS),
  format: z.enum(EXPORT_FORMATS),
  from: Time,
  to: Time,
  state: z.enum(EXPORT_STATES),
  /** Lines of the file so far, without its header. */
  rows: z.int(),
  /** How much of the time from `from` to `to` the file covers so far. */
  percent: z.int(),
  url: z.optional(z.url()),
  /** Why it failed. */
  reason: z.optional(z.string()),
})
export type ExportView = z.output<typeof ExportView>
