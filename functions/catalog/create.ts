// POST /api/admin/products: adds a product with its SKUs and first stock.
import type { Catalog } from '../../shared/domain/catalog/catalog.ts'
import { catalog } from '../../shared/domain/catalog/index.ts'
import { NewProduct, ProductView } from '../../shared/domain/catalog/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { created } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Catalog, 'create'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/products',
      summary: 'Adds a product and publishes it',
      auth: 'admin',
      limit: limits.admin,
      body: NewProduct,
      replies: { 201: ProductView },
    },
    async ({ body, user }) => created(await service.create(body, user.id)),
  )

export const handler = build(catalog())
