// POST /api/admin/skus/{id}/stock: books units received, or corrects them, with a reason.
import { limits } from '../../shared/domain/limits.ts'
import { OutOfStock } from '../../shared/domain/stock/errors.ts'
import { stock } from '../../shared/domain/stock/index.ts'
import { StockChange, StockView } from '../../shared/domain/stock/schemas.ts'
import type { Stock } from '../../shared/domain/stock/stock.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Stock, 'change'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/skus/{id}/stock',
      summary: 'Books units of a SKU received, or corrects them',
      auth: 'admin',
      limit: limits.admin,
      params: ById,
      body: StockChange,
      replies: { 200: StockView },
      errors: [NotFound, OutOfStock],
    },
    ({ params, body, user }) => service.change(params.id, body, user.id),
  )

export const handler = build(stock())
