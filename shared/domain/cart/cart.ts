import type { Database, Queryable } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import type { SkuForSale } from '../catalog/sku.ts'
import { CartFull } from './errors.ts'
import { type CartRow, deleteCartItem, putCartItem, readCart } from './repository.ts'
import type { CartChange, CartItem, CartView } from './schemas.ts'

const MAX_LINES = 100

export type CartDeps = {
  database: Database
  reads: Reads
  /** Finds SKUs by id; leaves out those that don't exist. */
  skus(ids: readonly string[]): Promise<Map<string, SkuForSale>>
}

/** What a user means to buy. Prices are never kept: the cart shows those of today. */
export function createCart({ database, reads, skus }: CartDeps) {
  async function view(userId: string): Promise<CartView> {
    const rows = await readCart(await reads.of(userId), userId)
    const known = await skus(rows.map(({ skuId }) => skuId))
    const items = rows.flatMap((row) => toItem(row, known.get(row.skuId)))
    const totalFen = items
      .filter(({ selected, onSale }) => selected && onSale)
      .reduce((sum, { priceFen, quantity }) => sum + priceFen * quantity, 0)
    return { items, totalFen }
  }

  return {
    view,

    /** Puts a SKU into the cart, or changes its line. @throws NotFound where it is not on sale, CartFull */
    async put(userId: string, skuId: string, change: CartChange): Promise<CartView> {
      const sku = (await skus([skuId])).get(skuId)
      if (sku?.onSale !== true) throw new NotFound()
      const rows = await readCart(database, userId)
      if (rows.length >= MAX_LINES && !rows.some((row) => row.skuId === skuId)) throw new CartFull()
      await effect(database, (db) => putCartItem(db, userId, skuId, change), { single: true })
      return view(userId)
    },

    /** @throws NotFound where it is not in the cart */
    async remove(userId: string, skuId: string): Promise<CartView> {
      const remove = (db: Queryable) => deleteCartItem(db, userId, skuId)
      if (!(await effect(database, remove, { single: true }))) throw new NotFound()
      return view(userId)
    },
  }
}

export type Cart = ReturnType<typeof createCart>

function toItem({ skuId, quantity, selected }: CartRow, sku: SkuForSale | undefined): CartItem[] {
  if (sku === undefined) return []
  const { productId, title, skuTitle, image, priceFen, onSale } = sku
  const item = { skuId, productId, title, skuTitle, priceFen, quantity, selected, onSale }
  return [image === undefined ? item : { ...item, image }]
}
