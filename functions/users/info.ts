// GET /api/user/info: who is signed in.
import { limits } from '../../shared/domain/limits.ts'
import { users } from '../../shared/domain/users/index.ts'
import { UserView } from '../../shared/domain/users/schemas.ts'
import type { Users } from '../../shared/domain/users/users.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Users, 'get'>) =>
  route(
    {
      method: 'GET',
      path: '/api/user/info',
      summary: 'The signed-in user',
      auth: 'user',
      limit: limits.own,
      replies: { 200: UserView },
    },
    ({ user }) => service.get(user.id),
  )

export const handler = build(users())
