// PUT /api/user/info: as PATCH does, for wx.request, which knows no PATCH.
import { limits } from '../../shared/domain/limits.ts'
import { users } from '../../shared/domain/users/index.ts'
import { UserChange, UserView } from '../../shared/domain/users/schemas.ts'
import type { Users } from '../../shared/domain/users/users.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Users, 'change'>) =>
  route(
    {
      method: 'PUT',
      path: '/api/user/info',
      summary: 'Changes the signed-in user as PATCH does, for wx.request, which knows no PATCH',
      auth: 'user',
      limit: limits.change,
      body: UserChange,
      replies: { 200: UserView },
    },
    ({ user, body }) => service.change(user.id, body),
  )

export const handler = build(users())
