// POST /api/user/phone: takes over the phone number that WeChat knows, by a code of getPhoneNumber.
import { limits } from '../../shared/domain/limits.ts'
import { phones } from '../../shared/domain/users/index.ts'
import type { Phones } from '../../shared/domain/users/phone.ts'
import { PhoneCode, PhoneView } from '../../shared/domain/users/schemas.ts'
import { route } from '../../shared/platform/http/route.ts'
import { WeChatRefusedCode } from '../../shared/platform/wechat/session.ts'

export const build = (service: Pick<Phones, 'take'>) =>
  route(
    {
      method: 'POST',
      path: '/api/user/phone',
      summary: "Takes over the user's phone number from WeChat",
      auth: 'user',
      limit: limits.phone,
      body: PhoneCode,
      replies: { 200: PhoneView },
      errors: [WeChatRefusedCode],
    },
    ({ user, body }) => service.take(user.id, body.code),
  )

export const handler = build(phones())
