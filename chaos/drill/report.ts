import { cpus } from 'node:os'
import type { Books } from './books.ts'
import { dnsFigures, dnsSeconds } from './dns.ts'
import type { Result } from './scenarios.ts'
import { IN_TIME_MILLIS, shareOf, type Window } from './windows.ts'

export type Report = {
  machine: string
  seed: number
  shoppers: number
  /** Seconds within which success is to be back. */
  target: number
  scenarios: Result[]
  books: Books
  dns: ReturnType<typeof dnsSeconds>
}

export const machine = () =>
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.version}`

const percent = (share: number) => `${(share * 100).toFixed(share === 1 ? 0 : 1)} %`
const seconds = (value: number | undefined) => (value === undefined ? 'never' : `${value} s`)
const status = (value: number | undefined) => value ?? 'no answer'

/** Success second by second: nine tenths and more of it are a full block. */
const BLOCKS = ' ▁▂▃▄▅▆▇█'
export const picture = (windows: readonly Window[]) =>
  windows
    .map(({ good, calls }) => BLOCKS[Math.floor(shareOf(good, calls) * (BLOCKS.length - 1))])
    .join('')

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row.map((text, at) =>
      at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0),
    )
  return rows.map((row) => `  ${line(row).join('   ').trimEnd()}`).join('\n')
}

const NOTE = (
  dns: Report['dns'],
) => `What this shows: the mini-programs' client goes to the other region by itself, and nothing that was
accepted is lost or doubled. What a laptop can't show:
- DNS. For what knows only the public name (WeChat Pay's notices, a browser), Route 53 needs ${dns.least} to
  ${dns.most} s by the figures of infra/regions.yml (checks, threshold, TTL), and some resolvers keep names
  for longer than they may. Clients that name each region's URL do not wait for it.
- Distance, TLS, and a region that takes all traffic at once with cold containers: here both copies run
  warm on one machine, and a second connection costs nothing.
- Database and Redis stay up: both regions share them, and their own loss is not what this drill is about.
- The start of a killed copy is a build and a process here; only what comes after its readiness is measured.`

/** The report for people. */
export function page(report: Report): string {
  const { scenarios, books, dns, target } = report
  const rows = scenarios.map((result) => [
    result.id,
    percent(result.worst),
    seconds(result.wellAfter),
    seconds(result.returnedAfter),
    `${result.calls}`,
    `${result.repeated}`,
    `${result.failed}`,
    `${(result.slowestMillis / 1000).toFixed(1)} s`,
    `${status(result.ready)} / ${status(result.alive)}`,
  ])
  const head = [
    'region is',
    'worst second',
    'over 99 %',
    'back',
    'calls',
    'repeated',
    'failed',
    'slowest',
    'ready / alive',
  ]
  const pictures = scenarios.map(({ id, windows }) => `  ${id.padEnd(8)}|${picture(windows)}|`)
  const brought = scenarios.flatMap(({ broughtIn }) => (broughtIn === undefined ? [] : [broughtIn]))
  const missed = scenarios.filter(({ wellAfter }) => wellAfter === undefined || wellAfter >= target)
  return [
    `\n${report.shoppers} shoppers, seed ${report.seed}; ${report.machine}`,
    `\nA call is good that is answered within ${IN_TIME_MILLIS / 1000} s, and counts in the second in which it was begun;\nany other counts in each second for which it was waited.\n`,
    table([head, ...rows]),
    '\nSuccess, second by second from the fault on:\n',
    ...pictures,
    `\nOrders: ${books.keys} keys, ${books.unanswered} unanswered, ${books.lost} lost, ${books.doubled} doubled; stock ${books.balanced ? 'balances' : 'DOES NOT BALANCE'}`,
    ...brought.map((count) => `Brought in by the other region while the first was dead: ${count}`),
    `Target, over 99 % again in under ${target} s: ${missed.length === 0 ? 'met' : `missed by ${missed.map(({ id }) => id).join(', ')}`}`,
    `\n${NOTE(dns)}`,
  ].join('\n')
}

export const dnsOfTemplate = () => dnsSeconds(dnsFigures())
