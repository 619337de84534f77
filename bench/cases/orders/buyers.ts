import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Containers } from '../../../local/lib/containers.ts'
import type { Way } from './ways.ts'

const BUSY = 50301
const TRIES = 20
/** As the mini-program's client does: longer each time, and not all at once. */
const PAUSE_MILLIS = 500

type Shop = typeof import('./shop.ts')
/** Buyers who are signed in, and as many containers. */
export type Crowd = { buyers: number; tokens: string[]; fleet: Containers }

/**
 * A buyer orders one unit, and sends the same key again where the service is too busy to answer.
 * @returns the answer
 */
export async function ask(shop: Shop, { fleet, tokens }: Crowd, exported: string, skuId: string) {
  const token = tokens[Math.floor(Math.random() * tokens.length)] as string
  const event = shop.orderEvent(token, skuId)
  for (let tries = 1; ; tries++) {
    const answer = await fleet.invoke<APIGatewayProxyStructuredResultV2>(event, exported)
    const outcome = shop.outcomeOf(answer)
    if (outcome.code !== BUSY || tries === TRIES) return outcome
    await sleep(Math.random() * PAUSE_MILLIS * tries)
  }
}

/** The first request of a container is its slowest: few at a time, and each container has its turn. */
export async function warm(
  shop: Shop,
  crowd: Crowd,
  all: readonly Way[],
  units: number,
): Promise<void> {
  for (const { exported, persist } of all) {
    const [sku = ''] = await shop.newSkus(1, units)
    const accepted: string[] = []
    let left = crowd.buyers
    const some = async () => {
      while (left-- > 0) accepted.push((await ask(shop, crowd, exported, sku)).orderId)
    }
    await Promise.all([some(), some(), some(), some()])
    await shop.drain(persist, accepted)
  }
}

/** More orders than there are units, all at once, and one key twenty times: no unit is sold twice. */
export async function sellOut(shop: Shop, crowd: Crowd, way: Way, units: number): Promise<void> {
  const { fleet, tokens } = crowd
  const [sku = '', other = ''] = await shop.newSkus(2, units)
  const wanted = Array.from({ length: Math.ceil(units * 1.3) })
  const outcomes = await Promise.all(wanted.map(() => ask(shop, crowd, way.exported, sku)))
  const won = outcomes.filter(({ code }) => code === 0)
  equal(won.length, units, 'not every unit was sold')
  equal(outcomes.filter(({ code }) => code === 40901).length, wanted.length - units)
  const event = shop.orderEvent(tokens[0] as string, other, randomUUID())
  const repeated = await Promise.all(
    Array.from({ length: 20 }, () =>
      fleet.invoke<APIGatewayProxyStructuredResultV2>(event, way.exported),
    ),
  )
  const [first, ...others] = repeated.map(shop.outcomeOf).filter(({ code }) => code !== BUSY)
  equal(first?.code, 0)
  for (const again of others) deepEqual(again, first)
  const orderIds = [...won, ...(first === undefined ? [] : [first])].map(({ orderId }) => orderId)
  await shop.drain(way.persist, orderIds)
  await shop.checkBooks(orderIds, [sku, other], units)
}
