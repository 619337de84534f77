import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { createProgress } from '../../platform/jobs/progress.ts'
import { outbox } from '../../platform/outbox/index.ts'
import { send } from '../../platform/queue/queue.ts'
import { redis } from '../../platform/redis/client.ts'
import { wechatPay } from '../../platform/wechat/pay/index.ts'
import { createExpiry } from '../orders/expiry.ts'
import { closeOrder, holds, orders, takeStep } from '../orders/index.ts'
import { settleLater } from '../orders/settle-later.ts'
import { readOpenid } from '../users/repository.ts'
import { createCheckout } from './checkout.ts'
import { createClosing } from './closing.ts'
import { createIncidents } from './incidents.ts'
import { createMoney } from './money.ts'
import { createNotices } from './notices.ts'
import { createPayback } from './payback.ts'
import { createReconcile } from './reconcile.ts'
import { createRefunds } from './refunds.ts'
import { createSettle } from './settle.ts'
import { createWatch } from './watch.ts'

const base = /* @__PURE__ */ once(() => ({
  database: database(),
  outbox: outbox(),
  take: takeStep(),
}))

const payback = /* @__PURE__ */ once(() =>
  createPayback({
    ...base(),
    wechat: wechatPay(),
    mirror: (rows) => settleLater(() => holds().settle([], rows)),
  }),
)
const settle = /* @__PURE__ */ once(() => createSettle({ ...base(), pushRefund: payback().push }))

export const watch = /* @__PURE__ */ once(() =>
  createWatch({
    database: database(),
    wechat: wechatPay(),
    settle: settle(),
    push: payback().push,
  }),
)

export const checkout = /* @__PURE__ */ once(() =>
  createCheckout({
    database: database(),
    wechat: wechatPay(),
    order: orders().settled,
    openid: (userId) => readOpenid(database(), userId),
    check: watch().check,
  }),
)

/** Closes an unpaid order, at WeChat first. */
export const closing = /* @__PURE__ */ once(() =>
  createClosing({
    database: database(),
    wechat: wechatPay(),
    close: closeOrder(),
    check: watch().check,
  }),
)

export const expiry = /* @__PURE__ */ once(() =>
  createExpiry({
    database: database(),
    queue: { send },
    close: closing(),
    progress: createProgress(redis(), 'unpaid-sweep'),
  }),
)

export const refunds = /* @__PURE__ */ once(() =>
  createRefunds({ ...base(), push: payback().push }),
)

export const notices = /* @__PURE__ */ once(() =>
  createNotices({ wechat: wechatPay(), settle: settle(), apply: payback().apply }),
)

export const reconcile = /* @__PURE__ */ once(() =>
  createReconcile({ database: database(), wechat: wechatPay(), check: watch().check }),
)

/** Orders with their money. */
export const money = /* @__PURE__ */ once(() => createMoney(database()))

export const incidents = /* @__PURE__ */ once(() => createIncidents(database()))
