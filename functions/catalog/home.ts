// GET /api/home: the first screen in one call.
import type { Catalog } from '../../shared/domain/catalog/catalog.ts'
import { catalog } from '../../shared/domain/catalog/index.ts'
import { Home } from '../../shared/domain/catalog/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Catalog, 'home'>) =>
  route(
    {
      method: 'GET',
      path: '/api/home',
      summary: 'The first screen in one call',
      auth: 'public',
      limit: limits.browse,
      replies: { 200: Home },
    },
    () => service.home(),
  )

export const handler = build(catalog())
