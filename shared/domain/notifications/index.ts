import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { wechatApi } from '../../platform/wechat/api.ts'
import { createTextChecks } from '../moderation/checks.ts'
import { clearRemark, readOrder } from '../orders/repository.ts'
import { userCache } from '../users/index.ts'
import { clearNickname, readOpenid, readUsers } from '../users/repository.ts'
import { createNotifications } from './notifications.ts'
import { createNotificationRecord } from './record.ts'
import { checkTemplates } from './templates.ts'

const openidOf = (userId: string) => readOpenid(database(), userId)

export const notifications = /* @__PURE__ */ once(() => {
  const { WECHAT_TEMPLATES, WECHAT_PAY_MCH_ID } = settings()
  const { sendSubscribe, uploadShipping } = wechatApi()
  return createNotifications({
    record: createNotificationRecord(database()),
    readOrder: (orderId) => readOrder(database(), orderId),
    openidOf,
    templates: checkTemplates(WECHAT_TEMPLATES ?? {}),
    mchId: WECHAT_PAY_MCH_ID,
    sendSubscribe,
    uploadShipping,
  })
})

// Here and not in the domain of the checks: users and orders name its message, so it can't name them.
export const textChecks = /* @__PURE__ */ once(() =>
  createTextChecks({
    openidOf,
    checkText: wechatApi().checkText,
    nicknames: {
      read: async ({ userId }) => (await readUsers(database(), [userId])).get(userId)?.nickname,
      clear: async ({ userId }, nickname) => {
        await clearNickname(database(), userId, nickname)
        await userCache().invalidate([userId])
      },
    },
    remarks: {
      read: async ({ orderId }) => (await readOrder(database(), orderId))?.remark,
      clear: ({ orderId }, remark) => clearRemark(database(), orderId, remark),
    },
  }),
)
