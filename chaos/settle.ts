import { setTimeout as sleep } from 'node:timers/promises'
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { AWS_CLIENT } from '../local/aws/sqs.ts'
import type { Admin } from './population/admin.ts'
import { each } from './population/crowd.ts'
import type { Stand } from './stand.ts'

/** What the clock starts in a deployed shop, in the order in which one makes work for the next. */
const SCHEDULES = [
  'jobsRelay',
  'jobsUnpaidSweep',
  'jobsPaymentsWatch',
  'jobsAutoConfirm',
  'jobsStockReconcile',
]
/** What a run of the shop needs from one minute to the next; here it comes every few seconds. */
const OFTEN = ['jobsRelay', 'jobsPaymentsWatch', 'jobsUnpaidSweep']
const OFTEN_MILLIS = 2_000
const PAUSE_MILLIS = 250
/** What is dead again after so many redrives stays dead: a person has to look at it. */
const MOST_REDRIVES = 3
/** Rounds in a row in which nothing was found, before nothing is taken to be there. */
const CALM_ROUNDS = 2

/**
 * Runs the schedules every few seconds until it is told to stop, now and then twice at once, as it may
 * happen in a deployed shop. Where the functions are away nothing is lost: the next run is the retry.
 */
export async function tick(stand: Stand, signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const keys = [...OFTEN, ...(turn % 3 === 2 ? ['jobsRelay', 'jobsStockReconcile'] : [])]
    await Promise.allSettled(keys.map((key) => stand.invoke(key)))
    await sleep(OFTEN_MILLIS, undefined, { signal }).catch(() => undefined)
  }
}

type Depth = { waiting: number; dead: Map<string, number>; where: string[] }

async function depthOf(stand: Stand): Promise<Depth> {
  const endpoint = stand.services.endpoints.sqs
  const sqs = new SQSClient({ ...AWS_CLIENT, endpoint })
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  const depth: Depth = { waiting: 0, dead: new Map(), where: [] }
  await each(QueueUrls, 5, async (QueueUrl) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: taken } =
      Attributes
    const count = Number(visible) + Number(taken)
    const name = QueueUrl.replace(/^.*minimall-local-/, '')
    if (name.endsWith('-dead')) depth.dead.set(name.replace(/-dead$/, ''), count)
    else if (count > 0) {
      depth.waiting += count
      depth.where.push(`${name} ${visible}/${taken}`)
    }
  })
  sqs.destroy()
  return depth
}

/** @returns the schedules whose run failed; their next run is the retry, while breakers are still open */
async function runAll(stand: Stand): Promise<string[]> {
  const failing: string[] = []
  for (const key of SCHEDULES) await stand.invoke(key).catch(() => failing.push(key))
  return failing
}

/** What is still to be done, and how much of it. */
export type Rest = { waiting: number; redriven: number; seconds: number }

/**
 * Runs schedules and waits for the queues until there is nothing left to do; dead letters are redriven
 * some times, as an operator does when the trouble is over.
 * @param left counts what is left besides messages
 * @returns when all is at rest, or after `patienceSeconds`
 */
export async function settle(options: {
  stand: Stand
  admin: Admin
  left: () => Promise<number>
  patienceSeconds: number
  show: (rest: string) => void
  signal: AbortSignal
}): Promise<Rest> {
  const { stand, admin, show, signal } = options
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  let redriven = 0
  let calm = 0
  let waiting = 0
  const redrives = new Map<string, number>()
  while (!signal.aborted && seconds() < options.patienceSeconds) {
    const failing = await runAll(stand)
    const depth = await depthOf(stand)
    const left = await options.left()
    waiting = depth.waiting
    const rest = `${depth.where.join(', ') || 'no messages'}, ${left} other things to do`
    show(failing.length === 0 ? rest : `${rest}, failing: ${failing.join(', ')}`)
    const dead = [...depth.dead].filter(
      ([name, count]) => count > 0 && (redrives.get(name) ?? 0) < MOST_REDRIVES,
    )
    for (const [name] of dead) {
      redrives.set(name, (redrives.get(name) ?? 0) + 1)
      // A redrive that fails is asked for again in the next round.
      redriven += (await admin.redrive(name).catch(() => ({ moved: 0 }))).moved
    }
    const busy = depth.waiting > 0 || left > 0 || dead.length > 0 || failing.length > 0
    calm = busy ? 0 : calm + 1
    if (calm === CALM_ROUNDS) break
    await sleep(PAUSE_MILLIS, undefined, { signal }).catch(() => undefined)
  }
  return { waiting, redriven, seconds: seconds() }
}

/** @returns messages that are still there, and dead letters, as things that are left */
export async function messagesLeft(stand: Stand): Promise<{ what: string; count: number }[]> {
  const { waiting, dead } = await depthOf(stand)
  return [
    { what: 'messages in queues', count: waiting },
    ...[...dead].map(([name, count]) => ({ what: `dead letters of ${name}`, count })),
  ]
}
