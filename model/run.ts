import { createAlways } from './checks/always.ts'
import { checkAtLast } from './checks/atlast.ts'
import { isAtRest } from './checks/rest.ts'
import type { Start } from './container/bundle.ts'
import type { Database } from './engines/database.ts'
import { newHistory } from './story/history.ts'
import { watchPrices } from './story/prices.ts'
import { openShop } from './story/shop.ts'
import { noticed, type Scene, shopper } from './story/shopper.ts'
import {
  admin,
  browser,
  clock,
  deliveries,
  misfortunes,
  RUNS,
  run as runJob,
} from './story/staff.ts'
import { createWorld, type Options } from './world/world.ts'

export type Ending = {
  seed: number
  /** What was not as it must be; left out where all was well. */
  violation?: string
  steps: number
  /** Numbers of the faults that struck. */
  faults: number[]
  orders: number
  /** Orders that were written without Redis. */
  direct: number
  crashes: number
}

/** Who is there: few of all, many who buy, or many who look while prices change. */
const CROWDS = [
  { admins: 1, browsers: 1, shoppers: 2 },
  { admins: 1, browsers: 0, shoppers: 4 },
  { admins: 2, browsers: 4, shoppers: 1 },
]

/** Orders close after 15 minutes, and holds are sent again at ever longer intervals. */
const LEAST_ROUNDS = 2
const MOST_ROUNDS = 12
const ROUND_MILLIS = 10 * 60_000

/** Plays one seed to its end. Never throws: what goes wrong is the seed's violation. */
export async function play(
  seed: number,
  start: Start,
  database: Database,
  options: Options = {},
): Promise<Ending> {
  const world = createWorld(seed, start, database, options)
  const { schedule, faults, random } = world
  const scene: Scene = { world, shop: openShop(world), history: newHistory() }
  const always = createAlways(scene)
  const followPrices = watchPrices(world, scene.history)
  world.queues.told = (name, body) => {
    const { orderId } = JSON.parse(body).data
    const { queued } = scene.history
    if (name === 'stock' && !queued.has(orderId)) queued.set(orderId, schedule.now())
    if (name === 'stock-dead') scene.history.dead.add(orderId)
  }
  const followOutbox = watchOutbox(scene)
  let broken: Error | undefined
  const go = (work: Promise<void>) =>
    void work.catch((error: Error) => {
      broken ??= error
    })
  const settled = () => {
    const stop = broken ?? world.fleet.unknown
    if (stop !== undefined) throw stop
    always()
    followPrices()
    followOutbox()
  }
  let violation: string | undefined
  try {
    go(deliveries(scene))
    go(deliveries(scene))
    go(misfortunes(scene))
    go(clock(scene))
    const { admins, browsers, shoppers } = random.pick(CROWDS)
    for (let people = admins; people > 0; people--) go(admin(scene))
    for (let people = browsers; people > 0; people--) go(browser(scene))
    for (let people = shoppers; people > 0; people--) go(shopper(scene, `s${people}`))
    await schedule.run(settled)
    schedule.note('— from here on nothing fails —')
    faults.over = true
    for (
      let round = 0;
      round < LEAST_ROUNDS || (round < MOST_ROUNDS && !isAtRest(scene));
      round++
    ) {
      go(rest(scene))
      await schedule.run(settled)
      schedule.pass(ROUND_MILLIS)
    }
    checkAtLast(scene)
  } catch (error) {
    const { name, message, stack } = error as Error
    violation = name === 'Violation' ? message : String(stack)
    // Without its stack, which is another one wherever a seed is played from.
    schedule.note(`VIOLATION ${message}`)
  }
  const { length: orders } = scene.history.asked
  const written = world.database.look<{ id: string }>('SELECT id FROM orders')
  const direct = written.filter(({ id }) => !scene.history.held.has(id)).length
  return {
    seed,
    ...(violation === undefined ? {} : { violation }),
    steps: schedule.count,
    faults: faults.struck,
    orders,
    direct,
    crashes: world.fleet.crashes,
  }
}

/** @returns what notes the orders that the outbox got since it was called last */
function watchOutbox({ world: { database, schedule }, history: { queued } }: Scene): () => void {
  let commits = database.commits
  return () => {
    if (database.commits === commits) return
    commits = database.commits
    const rows = database.look<{ message: string }>(
      "SELECT message FROM outbox WHERE queue = 'stock'",
    )
    for (const { message } of rows) {
      const { orderId } = JSON.parse(message).data
      if (!queued.has(orderId)) queued.set(orderId, schedule.now())
    }
  }
}

/** What happens by itself, sooner or later: all messages arrive, and the clock's jobs run. */
async function rest(scene: Scene): Promise<void> {
  const { wechat, queues } = scene.world
  wechat.finishRefunds()
  queues.redriveAll()
  for (const name of RUNS) await runJob(scene, name)
  for (const [orderId, { state }] of wechat.orders) {
    if (state === 'SUCCESS') await noticed(scene, orderId)
  }
}
