// GET /api/cart: what the user means to buy, at today's prices.
import type { Cart } from '../../shared/domain/cart/cart.ts'
import { cart } from '../../shared/domain/cart/index.ts'
import { CartView } from '../../shared/domain/cart/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Cart, 'view'>) =>
  route(
    {
      method: 'GET',
      path: '/api/cart',
      summary: "What the user means to buy, at today's prices",
      auth: 'user',
      limit: limits.own,
      replies: { 200: CartView },
    },
    ({ user }) => service.view(user.id),
  )

export const handler = build(cart())
