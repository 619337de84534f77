import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../local/root.ts'
import { violationsOf } from './checks/all.ts'
import type { Books, Violation } from './checks/books.ts'
import { openMails } from './checks/mails.ts'
import { countLeft, readBooks } from './checks/read.ts'
import { type Played, play } from './faults/play.ts'
import { type Planned, scheduleOf } from './faults/schedule.ts'
import { type History, newHistory } from './history.ts'
import { createAdmin } from './population/admin.ts'
import { createApi } from './population/api.ts'
import { each, gather } from './population/crowd.ts'
import { type Plan, planOf } from './population/plan.ts'
import { randomOf } from './random.ts'
import { createRunClock } from './run-clock.ts'
import { messagesLeft, type Rest, settle, tick } from './settle.ts'
import { type Stand, startStand } from './stand.ts'

export type RunOptions = {
  /** What is done, what breaks, and when. */
  seed: number
  /** How many orders shoppers try to place. */
  orders: number
  /** For how long shoppers come and things break, in seconds. */
  seconds: number
  /** Longest time from a request to its answer, in milliseconds. */
  limitMillis: number
  progress: (step: string, share?: number) => void
  signal: AbortSignal
}

export type Outcome = {
  history: History
  books: Books
  played: Played[]
  downs: { from: number; to: number }[]
  violations: Violation[]
  rest: Rest
  mails: { open: number; sent: number }
  /** Where the logs were kept, where a promise was broken. */
  logs?: string
  /** `performance.now()` when the shoppers came, and when the last was done. */
  from: number
  to: number
}

/**
 * Up to so many orders all that is unpaid runs out at the end, too. Closing is work for each single order,
 * and tens of thousands would make up most of the run.
 */
const ORDERS_TO_CLOSE = 1_000
/** Below WeChat Pay's five minutes, after which a signature is too old. */
const LATER_MILLIS = 4 * 60_000

/** @returns what a seed makes of a run, before anything runs */
export function plansOf(options: Pick<RunOptions, 'seed' | 'orders' | 'seconds'>): {
  plan: Plan
  schedule: Planned[]
} {
  const random = randomOf(options.seed)
  return {
    plan: planOf(random.fork('population'), options),
    schedule: scheduleOf(random.fork('faults'), options.seconds),
  }
}

function settingsOf({ orders, seconds }: RunOptions): Record<string, string> {
  const minutes = orders <= ORDERS_TO_CLOSE ? 1 : 60
  return {
    LOG_LEVEL: 'info',
    RELAY_AFTER_SECONDS: '2',
    UNPAID_MINUTES: `${minutes + Math.ceil(seconds / 60)}`,
    ACCESS_TOKEN_SECONDS: '3600',
    MAIL_RATE: '200',
  }
}

/**
 * One whole run on services of its own: people come, things break, all settles, and the books are held
 * against the history.
 * @throws where the stack does not start, or an engine does not come back
 */
export async function run(options: RunOptions): Promise<Outcome> {
  mkdirSync(join(ROOT, '.local'), { recursive: true })
  const dir = mkdtempSync(join(ROOT, '.local', 'chaos-'))
  let stand: Stand | undefined
  try {
    stand = await startStand({
      dir,
      random: randomOf(options.seed),
      settings: settingsOf(options),
      // What a killed function had taken must come back within the run; what a busy one works at, not.
      visibilitySeconds: options.orders <= ORDERS_TO_CLOSE ? 6 : 20,
      progress: (step) => options.progress(`starting: ${step}`),
      signal: options.signal,
    })
    const outcome = await runOn(stand, options)
    if (outcome.violations.length === 0) return outcome
    const logs = join(ROOT, '.local', `chaos-logs-${options.seed}`)
    rmSync(logs, { recursive: true, force: true })
    cpSync(join(dir, 'logs'), logs, { recursive: true })
    return { ...outcome, logs }
  } finally {
    await stand?.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function runOn(stand: Stand, options: RunOptions): Promise<Outcome> {
  const { seed, progress, signal } = options
  const { plan, schedule } = plansOf(options)
  const history = newHistory()
  const { port } = stand
  const patienceMillis = options.limitMillis + 5_000
  const api = createApi({ port, seed, asked: history.asked, patienceMillis })
  const admin = createAdmin(api, history, seed)

  progress('the shelves are filled, and the shoppers come in')
  const skuIds = await admin.stockUp(plan.skus)
  const couponId = await admin.offer()
  const { wechat } = stand.services.endpoints
  const crowd = await gather({ api, history, admin, wechat, skuIds, couponId }, plan)

  // Where one of them fails, the others are not to go on by themselves.
  const over = new AbortController()
  const going = AbortSignal.any([signal, over.signal])
  const ticking = tick(stand, going)
  const from = performance.now()
  let fault = ''
  const acts = plan.visits.length + plan.errands.length
  const show = (done: number) => progress(fault || 'no fault', done / acts)
  const clock = createRunClock()
  const breaking = play(schedule, stand, {
    clock,
    signal: going,
    show: (name) => {
      fault = name
    },
  })
  const coming = crowd.play(admin, { clock, signal: going, show })
  const [played] = await Promise.all([breaking, coming]).finally(() => {
    over.abort()
    return ticking
  })
  const to = performance.now()

  const rest = await settleAll(stand, admin, options)
  signal.throwIfAborted()
  progress('the books are read')
  const shown = new Map<string, Map<string, string>>()
  const names = plan.shoppers.map(({ name }) => name)
  await each([...names.entries()], 8, async ([at, name]) => {
    shown.set(name, (await crowd.shoppers[at]?.orders()) ?? new Map())
  })
  const views = await Promise.all(
    skuIds.map(async (skuId) => ({ ...(await admin.view(skuId)), skuId })),
  )
  const books = await readBooks(stand, { skuIds, views, shown })
  books.left.push(...(await messagesLeft(stand)))
  api.stop()
  const { downs, died } = stand.functions
  const violations = violationsOf(history, books, { downs, limitMillis: options.limitMillis })
  if (died !== undefined) {
    violations.push({ rule: 'the functions run', what: `their process ended by itself (${died})` })
  }
  return {
    ...{ history, books, played, downs: [...downs], violations, rest, from, to },
    mails: openMails(books),
  }
}

/** First as things are, for a while; then once more some minutes later, when every wait and every claim has run out. */
async function settleAll(
  stand: Stand,
  admin: ReturnType<typeof createAdmin>,
  options: RunOptions,
): Promise<Rest> {
  const left = () => countLeft(stand)
  const settling = (phase: string, patienceSeconds: number) =>
    settle({
      ...{ stand, admin, left, patienceSeconds, signal: options.signal },
      show: (rest) => options.progress(`${phase}: ${rest}`),
    })
  const first = await settling('settling', 8 + options.orders / 100)
  stand.skew(LATER_MILLIS)
  const second = await settling(
    `settling, ${LATER_MILLIS / 60_000} minutes later`,
    120 + options.orders / 100,
  )
  return {
    waiting: second.waiting,
    redriven: first.redriven + second.redriven,
    seconds: first.seconds + second.seconds,
  }
}
