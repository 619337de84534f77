// POST /api/admin/exports: takes on a file of orders; the export job writes it.
import type { Exports } from '../../shared/domain/exports/exports.ts'
import { exports } from '../../shared/domain/exports/index.ts'
import { ExportCreated, NewExport } from '../../shared/domain/exports/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { accepted } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Exports, 'create'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/exports',
      summary: 'Writes the orders of a time into a file, for a spreadsheet or for programs',
      auth: 'admin',
      limit: limits.adminMass,
      body: NewExport,
      replies: { 202: ExportCreated },
    },
    async ({ body, user }) => accepted(await service.create(body, user.id)),
  )

export const handler = build(exports())
