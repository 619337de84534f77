// DELETE /api/cart/items/{skuId}: takes a SKU out of the cart.
import type { Cart } from '../../shared/domain/cart/cart.ts'
import { cart } from '../../shared/domain/cart/index.ts'
import { BySku, CartView } from '../../shared/domain/cart/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Cart, 'remove'>) =>
  route(
    {
      method: 'DELETE',
      path: '/api/cart/items/{skuId}',
      summary: 'Takes a SKU out of the cart',
      auth: 'user',
      limit: limits.change,
      params: BySku,
      replies: { 200: CartView },
      errors: [NotFound],
    },
    ({ user, params }) => service.remove(user.id, params.skuId),
  )

export const handler = build(cart())
