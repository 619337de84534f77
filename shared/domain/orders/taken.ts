import type { Queryable } from '../../platform/database/database.ts'
import { type ClaimKey, readClaims } from '../coupons/repository.ts'
import { readStock } from '../stock/repository.ts'
import type { HeldOrder, TakenRows } from './holds.ts'

/** @returns the SKUs of orders, each once */
export function skusOf(orders: readonly HeldOrder[]): string[] {
  return [...new Set(orders.flatMap(({ items }) => items.map(({ skuId }) => skuId)))]
}

/** @returns the claims that orders use; one that orders share is there for each */
export function claimsOf(orders: readonly HeldOrder[]): ClaimKey[] {
  return orders.flatMap(({ userId, couponId }) =>
    couponId === undefined ? [] : [{ userId, couponId }],
  )
}

/** @returns the rows that orders take from, as they are now in this transaction */
export async function takenRows(tx: Queryable, orders: readonly HeldOrder[]): Promise<TakenRows> {
  return {
    stock: await readStock(tx, skusOf(orders)),
    claims: await readClaims(tx, claimsOf(orders)),
  }
}
