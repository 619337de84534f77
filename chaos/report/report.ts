import { commit, type Machine, machine } from '../../local/lib/machine.ts'
import type { Table } from '../../local/lib/table.ts'
import type { Violation } from '../checks/books.ts'
import type { Outcome, RunOptions } from '../run.ts'
import { figuresOf, type Met, type Moment, momentsOf } from './figures.ts'

/** What `--json` writes, and what tables and pictures are made of. */
export type Report = {
  machine: Machine
  date: string
  commit: string
  seed: number
  orders: number
  minutes: number
  /** From the first visit to the last. */
  seconds: number
  /** Until nothing was left to do. */
  settleSeconds: number
  counts: {
    requests: number
    accepted: number
    /** Purchases that were refused for good, and those that were given up without a clear answer. */
    refused: number
    givenUp: number
    payments: number
    refunds: number
    mailsSent: number
    /** Nobody can tell whether SES sent them; they are not sent again. */
    mailsOpen: number
    redriven: number
  }
  met: Met[]
  /** Seconds after the first visit, and for how long. */
  faults: { name: string; at: number; seconds: number }[]
  moments: Moment[]
  violations: Violation[]
}

/** The timeline has about so many points, and none of less than a second. */
const MOMENTS = 300

export function reportOf(
  outcome: Outcome,
  { seed, orders, seconds }: Pick<RunOptions, 'seed' | 'orders' | 'seconds'>,
): Report {
  const { history, books, played, from, to, rest, mails } = outcome
  const bought = history.purchases
  const accepted = bought.filter((one) => one.accepted.length > 0).length
  const givenUp = bought.filter((one) => one.accepted.length === 0 && one.unsure).length
  const ran = (to - from) / 1000
  const round = (value: number) => Math.round(value * 10) / 10
  return {
    ...{ machine: machine(), date: new Date().toISOString(), commit: commit() },
    ...{ seed, orders, minutes: seconds / 60 },
    seconds: round(ran),
    settleSeconds: round(rest.seconds),
    counts: {
      ...{ requests: history.asked.length, accepted, givenUp },
      refused: bought.length - accepted - givenUp,
      payments: books.payments.length,
      refunds: books.refunds.length,
      mailsSent: mails.sent,
      mailsOpen: mails.open,
      redriven: rest.redriven,
    },
    met: figuresOf(history.asked, played, outcome),
    faults: played.map((fault) => ({
      name: fault.name,
      at: round((fault.from - from) / 1000),
      seconds: round((fault.to - fault.from) / 1000),
    })),
    moments: momentsOf(history.asked, outcome, Math.max(1, Math.ceil(ran / MOMENTS))),
    violations: outcome.violations,
  }
}

const whole = (millis: number) => `${Math.round(millis)} ms`

export function faultsTable({ met }: Report): Table {
  return {
    title: 'What shoppers met',
    columns: ['fault', 'seconds', 'requests', 'available', 'p50', 'p99', 'answers'],
    rows: met.map(({ name, seconds, requests, availability, p50, p99, codes }) => [
      ...[name, seconds.toFixed(1), `${requests}`, `${availability.toFixed(1)} %`],
      ...[whole(p50), whole(p99)],
      Object.entries(codes)
        .map(([code, count]) => `${code} ${count}`)
        .join(', '),
    ]),
  }
}

export function sentencesOf({ counts, seconds, settleSeconds }: Report): string[] {
  const { requests, accepted, refused, givenUp, payments, refunds } = counts
  return [
    `${accepted} orders accepted, ${refused} refused, ${givenUp} given up by their shoppers; ${payments} payments, ${refunds} refunds.`,
    `${requests} requests in ${seconds} s of faults and visits; then at rest after ${settleSeconds} s, ${counts.redriven} dead letters redriven.`,
    `${counts.mailsSent} mails sent, once each; of ${counts.mailsOpen} nobody can tell whether SES sent them.`,
  ]
}

/** How a run is played again. */
export const replayOf = ({ seed, orders, minutes }: Report) =>
  `npm run chaos -- --seed ${seed} --orders ${orders} --minutes ${minutes}`
