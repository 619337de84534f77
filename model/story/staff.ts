import type { Context, ScheduledEvent, SQSBatchResponse } from 'aws-lambda'
import type { Code } from '../container/bundle.ts'
import type { Delivery } from '../engines/queues.ts'
import { UPSTREAMS } from '../world/faults.ts'
import { must } from './history.ts'
import { floorOf, mustBeFresh } from './prices.ts'
import { FIRST_PRICE } from './shop.ts'
import { isClear, request, type Scene, think, told } from './shopper.ts'

/** What a job is told: how much time it has, in milliseconds. */
const CONTEXT = { functionName: 'model', getRemainingTimeInMillis: () => 30_000 } as Context

/** What the clock starts, as the jobs of their names do. */
export const RUNS = ['relay', 'unpaidSweep', 'paymentsWatch', 'stockReconcile'] as const

export async function clock(scene: Scene): Promise<void> {
  const { random, schedule } = scene.world
  for (let runs = 2 + random.below(5); runs > 0; runs--) {
    await schedule.pause('the clock', random.below(60_000))
    await run(scene, random.pick(RUNS))
  }
}

export async function run({ world }: Scene, name: (typeof RUNS)[number]): Promise<void> {
  const outcome = await world.fleet.invoke<unknown>(`job ${name}`, (code) =>
    code[name]({} as ScheduledEvent, CONTEXT),
  )
  must(isClear(outcome), () => `job ${name}: ${told(outcome)}`)
}

const JOBS: Record<string, (code: Code) => Code['stock']> = {
  stock: (code) => code.stock,
  'order-timeout': (code) => code.orderTimeout,
}

/** Lambda's side of the queues: takes what is there to its job, for as long as the world goes on. */
export async function deliveries(scene: Scene): Promise<void> {
  const { queues, schedule, random } = scene.world
  for (;;) {
    const ready = () => queues.ready().length > 0
    await new Promise<void>((run) => schedule.add({ label: 'a delivery', ready, run }))
    const name = random.pick(queues.ready())
    const delivery = queues.receive(name, 1 + random.below(5))
    await deliver(scene, delivery)
  }
}

async function deliver({ world }: Scene, delivery: Delivery): Promise<void> {
  const { queues, faults, fleet, database, random } = world
  const { name, messages, event } = delivery
  const job = JOBS[name]
  // Others than the order path's are only heard of.
  if (job === undefined) return queues.acknowledge(delivery, [])
  if (faults.duplicate()) queues.duplicate(delivery)
  const label = `queue ${name} (${messages.map(({ id }) => id).join(', ')})`
  const outcome = await fleet.invoke<SQSBatchResponse>(label, (code) => job(code)(event, CONTEXT))
  if (!('value' in outcome)) return
  const retried = outcome.value.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  for (const { id, body } of messages) {
    if (name !== 'stock' || retried.includes(id)) continue
    const { orderId } = JSON.parse(body).data
    const ids = database.look<{ id: string }>(
      'SELECT id FROM orders UNION ALL SELECT id FROM order_aliases',
    )
    const there = ids.some(({ id }) => id === orderId)
    must(there, () => `${orderId} left the queue before the database had it`)
  }
  // The message can also come again because SQS did not hear of it.
  const heard = faults.over || !random.chance(0.05)
  if (heard) queues.acknowledge(delivery, retried)
}

/** An admin changes prices and stock, and grants refunds. */
export async function admin(scene: Scene): Promise<void> {
  const { world, shop } = scene
  const { random, database } = world
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    if (random.chance(0.5)) await think(scene, 'the admin')
    const { id } = random.pick(shop.skus)
    const what = random.pick(['price', 'price', 'stock', 'stock', 'refund'] as const)
    if (what === 'price') {
      // No two are alike.
      const priceFen = FIRST_PRICE + world.schedule.count
      await request(scene, `price of ${id}: ${priceFen}`, (code) =>
        code.catalog().change(shop.productId, { skus: [{ id, priceFen }] }),
      )
    } else if (what === 'stock') {
      await correct(scene, id, random.pick([-2, -1, 1, 2]))
    } else {
      const [paid] = database.look<{ id: string }>(
        "SELECT id FROM orders WHERE state = 'paid' LIMIT 1",
      )
      if (paid === undefined) continue
      const outcome = await request(scene, `refund of ${paid.id}`, (code) =>
        code.refunds().decide('1', paid.id, { decision: 'grant' }),
      )
      must(isClear(outcome), () => `an unclear answer: ${told(outcome)}`)
    }
  }
}

/** How long an attempt at a request with a key may take before it is taken over, in milliseconds. */
const LEASE_MILLIS = 11_000
/** How long an admin waits for an answer, in milliseconds: some ask again while the first one is at it. */
const PATIENCE = [500, 12_000, 20_000]

/** Changes stock as the route does: once for each key, which the client sends until it has an answer. */
async function correct(scene: Scene, skuId: string, delta: number): Promise<void> {
  const { random, schedule } = scene.world
  const key = `correction-${schedule.count}`
  const keyed = { userId: '1', slot: key, request: String(delta) }
  const answers = new Set<string>()
  scene.history.corrections.set(key, answers)
  const attempt = async () => {
    const outcome = await request(scene, `stock of ${skuId}: ${delta}`, (code) =>
      code.answerOnce(code.keys(), keyed, LEASE_MILLIS, async () =>
        JSON.stringify(await code.stockOf().change(skuId, { delta, reason: key }, '1')),
      ),
    )
    must(isClear(outcome), () => `an unclear answer: ${told(outcome)}`)
    if ('value' in outcome) answers.add(outcome.value)
  }
  const attempts = [attempt()]
  for (let tries = random.below(3); tries > 0; tries--) {
    await schedule.pause('the admin asks again', random.pick(PATIENCE))
    attempts.push(attempt())
  }
  await Promise.all(attempts)
}

/** Moments between two looks at a product: within a container's memory, and after it. In milliseconds. */
const LOOKS = [0, 30, 60, 1_000, 2_100]

/** Somebody looks at the product again and again, and so fills caches. */
export async function browser(scene: Scene): Promise<void> {
  const { random, schedule } = scene.world
  if (random.chance(0.3)) await think(scene, 'a browser')
  for (let looks = 3 + random.below(5); looks > 0; looks--) {
    await schedule.pause('a browser goes on', random.pick(LOOKS))
    const { id } = random.pick(scene.shop.skus)
    let floor = 0
    const outcome = await request(scene, `look at ${id}`, (code) => {
      floor = floorOf(scene.history, id, schedule.now())
      return code.skus([id])
    })
    const seen = 'value' in outcome ? outcome.value.get(id) : undefined
    if (seen !== undefined) mustBeFresh(scene.history, id, seen.priceFen, floor)
  }
}

/** What goes wrong as a whole: upstreams away for a while, Redis empty. */
export async function misfortunes({ world, history }: Scene): Promise<void> {
  const { plagues, random, schedule, faults, redis } = world
  const outage = async () => {
    await schedule.pause('an outage', random.below(30_000))
    // Redis more often than others: it is what orders can do without.
    const upstream = random.chance(0.5) ? 'redis' : random.pick(UPSTREAMS)
    const some = random.chance(0.3)
    schedule.note(`  !! ${upstream} is away${some ? ' for some' : ''}`)
    faults.outage(upstream, { until: schedule.now() + random.below(60_000), some })
  }
  const loss = async () => {
    await schedule.pause('Redis loses everything', random.below(10_000))
    if (faults.over) return
    redis.flush()
    history.losses.push(schedule.now())
  }
  await Promise.all([
    ...Array.from({ length: plagues.outages }, outage),
    ...Array.from({ length: plagues.losses }, loss),
  ])
}
