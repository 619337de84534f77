// PATCH /api/user/info: changes nickname, picture or e-mail of who is signed in.
import { limits } from '../../shared/domain/limits.ts'
import { users } from '../../shared/domain/users/index.ts'
import { UserChange, UserView } from '../../shared/domain/users/schemas.ts'
import type { Users } from '../../shared/domain/users/users.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Users, 'change'>) =>
  route(
    {
      method: 'PATCH',
      path: '/api/user/info',
      summary: 'Changes the signed-in user',
      auth: 'user',
      limit: limits.change,
      body: UserChange,
      replies: { 200: UserView },
    },
    ({ user, body }) => service.change(user.id, body),
  )

export const handler = build(users())
