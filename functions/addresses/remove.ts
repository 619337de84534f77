// DELETE /api/addresses/{id}: deletes an address; orders keep theirs.
import * as z from 'zod/mini'
import type { Addresses } from '../../shared/domain/addresses/addresses.ts'
import { addresses } from '../../shared/domain/addresses/index.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Addresses, 'remove'>) =>
  route(
    {
      method: 'DELETE',
      path: '/api/addresses/{id}',
      summary: 'Deletes an address; orders keep theirs',
      auth: 'user',
      limit: limits.change,
      params: ById,
      replies: { 200: z.null() },
      errors: [NotFound],
    },
    ({ user, params }) => service.remove(user.id, params.id),
  )

export const handler = build(addresses())
