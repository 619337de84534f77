// PUT /api/addresses/{id}: replaces an address.
import type { Addresses } from '../../shared/domain/addresses/addresses.ts'
import { addresses } from '../../shared/domain/addresses/index.ts'
import { AddressInput, AddressView } from '../../shared/domain/addresses/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Addresses, 'replace'>) =>
  route(
    {
      method: 'PUT',
      path: '/api/addresses/{id}',
      summary: 'Replaces an address',
      auth: 'user',
      limit: limits.change,
      params: ById,
      body: AddressInput,
      replies: { 200: AddressView },
      errors: [NotFound],
    },
    ({ user, params, body }) => service.replace(user.id, params.id, body),
  )

export const handler = build(addresses())
