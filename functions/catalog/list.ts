// GET /api/products: published products, by category and in four orders.
import type { Catalog } from '../../shared/domain/catalog/catalog.ts'
import { catalog } from '../../shared/domain/catalog/index.ts'
import { ListProducts, ProductCard } from '../../shared/domain/catalog/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Catalog, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/products',
      summary: 'Published products',
      auth: 'public',
      limit: limits.search,
      query: ListProducts,
      replies: { 200: listOf(ProductCard) },
    },
    ({ query }) => service.list(query),
  )

export const handler = build(catalog())
