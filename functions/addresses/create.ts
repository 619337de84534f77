// POST /api/addresses: adds an address.
import type { Addresses } from '../../shared/domain/addresses/addresses.ts'
import { TooManyAddresses } from '../../shared/domain/addresses/errors.ts'
import { addresses } from '../../shared/domain/addresses/index.ts'
import { AddressInput, AddressView } from '../../shared/domain/addresses/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { created } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Addresses, 'add'>) =>
  route(
    {
      method: 'POST',
      path: '/api/addresses',
      summary: 'Adds an address; the first becomes the default',
      auth: 'user',
      limit: limits.change,
      body: AddressInput,
      replies: { 201: AddressView },
      errors: [TooManyAddresses],
    },
    async ({ user, body }) => created(await service.add(user.id, body)),
  )

export const handler = build(addresses())
