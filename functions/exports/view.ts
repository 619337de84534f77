// GET /api/admin/exports/{id}: how far an export is, and where its file can be fetched.
import type { Exports } from '../../shared/domain/exports/exports.ts'
import { exports } from '../../shared/domain/exports/index.ts'
import { ExportView } from '../../shared/domain/exports/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Exports, 'view'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/exports/{id}',
      summary: 'How far an export is, and where its file can be fetched',
      auth: 'admin',
      limit: limits.admin,
      params: ByUlid,
      replies: { 200: ExportView },
      errors: [NotFound],
    },
    ({ params }) => service.view(params.id),
  )

export const handler = build(exports())
