// PATCH /api/admin/products/{id}: changes, publishes or unpublishes a product.
import type { Catalog } from '../../shared/domain/catalog/catalog.ts'
import { catalog } from '../../shared/domain/catalog/index.ts'
import { ProductChange, ProductView } from '../../shared/domain/catalog/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Catalog, 'change'>) =>
  route(
    {
      method: 'PATCH',
      path: '/api/admin/products/{id}',
      summary: 'Changes, publishes or unpublishes a product',
      auth: 'admin',
      limit: limits.admin,
      params: ById,
      body: ProductChange,
      replies: { 200: ProductView },
      errors: [NotFound],
    },
    ({ params, body }) => service.change(params.id, body),
  )

export const handler = build(catalog())
