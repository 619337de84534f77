// GET /api/addresses: the user's addresses, the default first.
import * as z from 'zod/mini'
import type { Addresses } from '../../shared/domain/addresses/addresses.ts'
import { addresses } from '../../shared/domain/addresses/index.ts'
import { AddressView } from '../../shared/domain/addresses/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Addresses, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/addresses',
      summary: "The user's addresses, the default first",
      auth: 'user',
      limit: limits.own,
      replies: { 200: z.array(AddressView) },
    },
    ({ user }) => service.list(user.id),
  )

export const handler = build(addresses())
