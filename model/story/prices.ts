import type { World } from '../world/world.ts'
import { type History, must } from './history.ts'

/** How long a container believes its memory: decision 20. */
const MEMORY_MILLIS = 2_000

/**
 * Follows what SKUs cost, and from when on nobody may be shown what they cost before: some time after the
 * caches were told of it.
 * @returns to be called after each commit
 */
export function watchPrices(world: World, history: History): () => void {
  const { redis, database, schedule } = world
  let seen = -1
  function look(): void {
    if (database.commits === seen) return
    seen = database.commits
    for (const { id, price_fen } of database.look<{ id: string; price_fen: string }>(
      'SELECT id, price_fen FROM skus',
    )) {
      const prices = history.prices.get(id) ?? []
      if (prices.at(-1) !== Number(price_fen)) prices.push(Number(price_fen))
      history.prices.set(id, prices)
    }
  }
  redis.told = ([name, ...keys]) => {
    if (name !== 'DEL') return
    look()
    for (const key of keys) {
      const [, skuId] = /^cache:sku:(\d+)$/.exec(key) ?? []
      if (skuId === undefined) continue
      const place = (history.prices.get(skuId)?.length ?? 0) - 1
      history.told.push({ skuId, place, knownAt: schedule.now() + MEMORY_MILLIS })
    }
  }
  return look
}

/** @returns the oldest price, by its place among all, that a SKU may have for who begins to look now */
export const floorOf = ({ told }: History, skuId: string, now: number): number =>
  Math.max(
    0,
    ...told.filter((one) => one.skuId === skuId && one.knownAt <= now).map(({ place }) => place),
  )

/** @param floor as {@link floorOf} gave it when somebody began to look */
export function mustBeFresh(
  { prices }: History,
  skuId: string,
  priceFen: number,
  floor: number,
): void {
  const all = prices.get(skuId) ?? []
  must(
    all.lastIndexOf(priceFen) >= floor,
    () => `SKU ${skuId} was sold or shown for ${priceFen} when it cost ${all[floor]}`,
  )
}
