// DELETE /api/user/info: closes the account and erases personal data.
import * as z from 'zod/mini'
import type { Accounts } from '../../shared/domain/accounts/accounts.ts'
import { OrdersOpen } from '../../shared/domain/accounts/errors.ts'
import { accounts } from '../../shared/domain/accounts/index.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Accounts, 'close'>) =>
  route(
    {
      method: 'DELETE',
      path: '/api/user/info',
      summary: 'Closes the account, cancels what is not paid, and erases personal data',
      auth: 'user',
      limit: limits.change,
      idempotent: { not: 'forgets who would come again; what is cut off goes on by itself' },
      replies: { 200: z.null() },
      errors: [OrdersOpen],
    },
    ({ user }) => service.close(user.id),
  )

export const handler = build(accounts())
