// GET /api/products/{id}: one published product with its SKUs.
import type { Catalog } from '../../shared/domain/catalog/catalog.ts'
import { catalog } from '../../shared/domain/catalog/index.ts'
import { ProductView } from '../../shared/domain/catalog/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Catalog, 'product'>) =>
  route(
    {
      method: 'GET',
      path: '/api/products/{id}',
      summary: 'One published product',
      auth: 'public',
      limit: limits.browse,
      params: ById,
      replies: { 200: ProductView },
      errors: [NotFound],
    },
    ({ params }) => service.product(params.id),
  )

export const handler = build(catalog())
