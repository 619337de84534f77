// GET /api/admin/skus/{id}/stock: where every unit of a SKU is.
import { limits } from '../../shared/domain/limits.ts'
import { stock } from '../../shared/domain/stock/index.ts'
import { StockView } from '../../shared/domain/stock/schemas.ts'
import type { Stock } from '../../shared/domain/stock/stock.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Stock, 'view'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/skus/{id}/stock',
      summary: 'Where every unit of a SKU is: received = sold + held + available',
      auth: 'admin',
      limit: limits.admin,
      params: ById,
      replies: { 200: StockView },
      errors: [NotFound],
    },
    ({ params }) => service.view(params.id),
  )

export const handler = build(stock())
