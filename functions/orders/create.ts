// POST /api/orders: accepts an order; the stock job persists it.
import { CouponUnusable } from '../../shared/domain/coupons/errors.ts'
import { limits } from '../../shared/domain/limits.ts'
import { KeyReused, PurchaseLimit } from '../../shared/domain/orders/errors.ts'
import { orders } from '../../shared/domain/orders/index.ts'
import type { Orders } from '../../shared/domain/orders/orders.ts'
import { OrderReceipt, PlaceOrder } from '../../shared/domain/orders/schemas.ts'
import { OutOfStock } from '../../shared/domain/stock/errors.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { accepted } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Orders, 'place'>) =>
  route(
    {
      method: 'POST',
      path: '/api/orders',
      summary: 'Places an order; the stock is held and the answer is out before it is persisted',
      auth: 'user',
      limit: limits.createOrder,
      idempotent: true,
      needsMillis: 1_000,
      body: PlaceOrder,
      replies: { 202: OrderReceipt },
      errors: [NotFound, OutOfStock, PurchaseLimit, CouponUnusable, KeyReused],
    },
    async ({ body, user, idempotencyKey }) =>
      accepted(await service.place(user.id, idempotencyKey, body)),
  )

export const handler = build(orders())
