// PUT /api/cart/items/{skuId}: puts a SKU into the cart, or changes its line.
import type { Cart } from '../../shared/domain/cart/cart.ts'
import { CartFull } from '../../shared/domain/cart/errors.ts'
import { cart } from '../../shared/domain/cart/index.ts'
import { BySku, CartChange, CartView } from '../../shared/domain/cart/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Cart, 'put'>) =>
  route(
    {
      method: 'PUT',
      path: '/api/cart/items/{skuId}',
      summary: 'Puts a SKU into the cart, or changes its line',
      auth: 'user',
      limit: limits.change,
      params: BySku,
      body: CartChange,
      replies: { 200: CartView },
      errors: [NotFound, CartFull],
    },
    ({ user, params, body }) => service.put(user.id, params.skuId, body),
  )

export const handler = build(cart())
