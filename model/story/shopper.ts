import type { Code } from '../container/bundle.ts'
import type { Outcome } from '../world/fleet.ts'
import type { World } from '../world/world.ts'
import { type Asked, type History, must, type Receipt } from './history.ts'
import { floorOf } from './prices.ts'
import type { Shop } from './shop.ts'

/** How long people wait before what they do next, in milliseconds. */
const THINKING = [0, 0, 0, 20, 100, 1_000, 3_000, 40_000, 16 * 60_000]
const MOST_TRIES = 4

export type Scene = { world: World; shop: Shop; history: History }

export const think = ({ world: { random, schedule } }: Scene, who: string) =>
  schedule.pause(`${who} goes on`, random.pick(THINKING))

/** Runs work in a container as an invocation of the API does. */
export function request<T>(
  { world }: Scene,
  label: string,
  work: (code: Code) => Promise<T>,
): Promise<Outcome<T>> {
  const context = { functionName: 'model', getRemainingTimeInMillis: () => 10_000 }
  return world.fleet.invoke(label, (code) =>
    code.invocation(context as never, label, `model-${world.schedule.count}`, () => work(code)),
  )
}

/** Somebody buys something, and then pays, changes their mind, or forgets about it. */
export async function shopper(scene: Scene, name: string): Promise<void> {
  const { world, shop, history } = scene
  const { random } = world
  for (let orders = 1 + random.below(3); orders > 0; orders--) {
    await think(scene, name)
    const user = random.pick(shop.users)
    const wanted = random.shuffled(shop.skus).slice(0, 1 + random.below(shop.skus.length))
    const asked: Asked = {
      userId: user.id,
      key: `${name}-${orders}`,
      items: wanted.map(({ id }) => ({ skuId: id, quantity: 1 + random.below(2) })),
      receipts: [],
      floors: new Map(wanted.map(({ id }) => [id, floorOf(history, id, world.schedule.now())])),
      ...(user.claims > 0 && random.chance(0.4) ? { couponId: shop.couponId } : {}),
    }
    history.asked.push(asked)
    const receipt = await order(scene, asked, user.addressId)
    if (receipt === undefined) continue
    await look(scene, asked, receipt)
    await decide(scene, asked, receipt)
  }
}

/** Asks with the same key until there is an answer, sometimes twice at once. */
async function order(scene: Scene, asked: Asked, addressId: string): Promise<Receipt | undefined> {
  const { random } = scene.world
  const { userId, key, items, couponId } = asked
  const body = { items, addressId, remark: key, ...(couponId === undefined ? {} : { couponId }) }
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const atOnce = random.chance(0.25) ? 2 : 1
    const outcomes = await Promise.all(
      Array.from({ length: atOnce }, () =>
        request(scene, `place ${key}`, (code) => code.orders().place(userId, key, body)),
      ),
    )
    const came = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []))
    asked.receipts.push(...came)
    for (const outcome of outcomes)
      must(isClear(outcome), () => `an unclear answer: ${told(outcome)}`)
    // Impatient ones ask again though they have an answer.
    if (came.length > 0 && !random.chance(0.3)) return came[0]
    if (came.length === 0 && outcomes.every(isRefusal)) return undefined
    await think(scene, key)
  }
  return asked.receipts[0]
}

/** An order can be read as soon as its 202 is out. */
async function look(scene: Scene, { userId, key }: Asked, { orderId }: Receipt): Promise<void> {
  if (!scene.world.random.chance(0.5)) return
  const label = `read ${key} ${orderId}`
  const seen = await request(scene, label, (code) => code.orderBook().detail(userId, orderId))
  const gone = statusOf(seen) === 404
  must(!gone || scene.history.losses.length > 0, () => `${orderId} was accepted and is not there`)
}

async function decide(scene: Scene, asked: Asked, { orderId }: Receipt): Promise<void> {
  const { random } = scene.world
  await think(scene, asked.key)
  const plan = random.pick(['pay', 'pay', 'cancel', 'both', 'forget'] as const)
  const doing = [
    ...(plan === 'pay' || plan === 'both' ? [pay(scene, asked, orderId)] : []),
    ...(plan === 'cancel' || plan === 'both' ? [cancel(scene, asked, orderId)] : []),
    // Tapped twice.
    ...(plan === 'cancel' && random.chance(0.3) ? [cancel(scene, asked, orderId)] : []),
  ]
  await Promise.all(doing)
  if (plan === 'pay' && random.chance(0.2)) await cancel(scene, asked, orderId)
}

async function cancel(scene: Scene, { userId, key }: Asked, orderId: string): Promise<void> {
  const actor = { kind: 'user', id: userId } as const
  const outcome = await request(scene, `cancel ${key} ${orderId}`, async (code) => {
    const order = await code.orders().settled(userId, orderId)
    await code.closing()(order.orderId, { actor, reason: 'changed their mind' })
  })
  must(isClear(outcome), () => `an unclear answer: ${told(outcome)}`)
}

async function pay(scene: Scene, { userId, key }: Asked, orderId: string): Promise<void> {
  const { world, history } = scene
  const outcome = await request(scene, `pay ${key} ${orderId}`, (code) =>
    code.checkout().pay(userId, orderId),
  )
  must(isClear(outcome), () => `an unclear answer: ${told(outcome)}`)
  if (!('value' in outcome)) return
  await think(scene, key)
  if (!world.wechat.pays(orderId)) return
  world.schedule.note(`  the payer has paid ${orderId}`)
  history.paid.add(orderId)
  const notices = Array.from({ length: world.random.below(4) }, () => noticed(scene, orderId))
  await Promise.all(notices)
}

/** WeChat tells of a payment, and again where it gets no good answer. */
export async function noticed(scene: Scene, orderId: string): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    await scene.world.schedule.pause(`WeChat tells of ${orderId}`, scene.world.random.below(20_000))
    const transaction = scene.world.wechat.query(orderId)
    const body = Buffer.from(JSON.stringify({ id: orderId, transaction }))
    const outcome = await request(scene, `notice ${orderId}`, (code) =>
      code.notices().payment({}, body),
    )
    must(isClear(outcome), () => `an unclear answer: ${told(outcome)}`)
    if ('value' in outcome && outcome.value.status === 200) return
  }
}

const statusOf = (outcome: Outcome<unknown>): number | undefined =>
  'error' in outcome ? (outcome.error as { status?: number }).status : undefined

/** It will not be otherwise next time. */
const isRefusal = (outcome: Outcome<unknown>): boolean => {
  const status = statusOf(outcome)
  return status !== undefined && status < 500
}

/** An answer, a refusal, an outage, or no time left: nothing that nobody has thought of. */
export const isClear = (outcome: Outcome<unknown>): boolean =>
  !('error' in outcome) ||
  statusOf(outcome) !== undefined ||
  (outcome.error as Error).name === 'TimeoutError'

export const told = (outcome: Outcome<unknown>): string =>
  'error' in outcome ? String((outcome.error as Error).stack ?? outcome.error) : 'an answer'
