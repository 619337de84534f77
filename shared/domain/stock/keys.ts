/** Names in Redis of what concerns stock; the order path's script works on the same keys. */

/** Hash: `base` and `version` as in the SKU's row, `held` = units in holds that the row has not seen. */
export const counterKey = (skuId: string) => `stock:sku:${skuId}`
/** Hash: the holds behind `held`, order id → units. */
export const holdsKey = (skuId: string) => `stock:holds:${skuId}`
/** Hash: what one user has taken of a SKU that is limited per user, order id → units. */
export const buyerKey = (skuId: string, userId: string) => `stock:buyer:${skuId}:${userId}`
