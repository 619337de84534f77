// GET /api/categories: the tree of categories.
import * as z from 'zod/mini'
import type { Catalog } from '../../shared/domain/catalog/catalog.ts'
import { catalog } from '../../shared/domain/catalog/index.ts'
import { Category } from '../../shared/domain/catalog/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Catalog, 'categories'>) =>
  route(
    {
      method: 'GET',
      path: '/api/categories',
      summary: 'The tree of categories',
      auth: 'public',
      limit: limits.browse,
      replies: { 200: z.array(Category) },
    },
    () => service.categories(),
  )

export const handler = build(catalog())
