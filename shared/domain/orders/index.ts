import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { mark } from '../../platform/database/positions.ts'
import { reads } from '../../platform/database/reading.ts'
import { createProgress } from '../../platform/jobs/progress.ts'
import { outbox } from '../../platform/outbox/index.ts'
import { send } from '../../platform/queue/queue.ts'
import { redis } from '../../platform/redis/client.ts'
import { readAddress } from '../addresses/repository.ts'
import { skus } from '../catalog/index.ts'
import { couponRules } from '../coupons/index.ts'
import { readClaims } from '../coupons/repository.ts'
import { isAway } from '../intake/away.ts'
import { intake } from '../intake/index.ts'
import { counters, stock } from '../stock/index.ts'
import { createOrderBook } from './book.ts'
import { createClose } from './close.ts'
import { createDirect } from './direct.ts'
import { createOpenOrders } from './erase.ts'
import { createFulfilment } from './fulfilment.ts'
import { createEndOrder, createGiveUp } from './give-up.ts'
import { createHolds } from './holds.ts'
import { createOrders } from './orders.ts'
import { createPersist, createWriteOrders } from './persist.ts'
import { createStockReconcile } from './reconcile.ts'
import { createRelay } from './relay.ts'
import { createSteps } from './steps.ts'

const queue = { send }
export const holds = /* @__PURE__ */ once(() =>
  createHolds(redis(), settings().RELAY_AFTER_SECONDS, mark()),
)
export const takeStep = /* @__PURE__ */ once(() => createSteps(outbox()))
export const closeOrder = /* @__PURE__ */ once(() =>
  createClose({ database: database(), holds: holds(), take: takeStep() }),
)

export const persist = /* @__PURE__ */ once(() =>
  createPersist({ database: database(), holds: holds(), outbox: outbox() }),
)

export const orderBook = /* @__PURE__ */ once(() =>
  createOrderBook({ reads: reads(), holds: holds(), isAway }),
)

export const direct = /* @__PURE__ */ once(() =>
  createDirect({
    database: database(),
    intake: intake(),
    write: createWriteOrders({ database: database(), outbox: outbox() }),
  }),
)

export const orders = /* @__PURE__ */ once(() =>
  createOrders({
    database: database(),
    reads: reads(),
    holds: holds(),
    queue,
    outbox: outbox(),
    skus,
    coupons: couponRules,
    claims: (keys) => readClaims(database(), keys),
    address: (userId, id) => readAddress(database(), userId, id),
    loadStock: stock().load,
    persist: persist(),
    intake: intake(),
    isAway,
    direct: direct(),
    unpaidMinutes: settings().UNPAID_MINUTES,
  }),
)

export const openOrders = /* @__PURE__ */ once(() =>
  createOpenOrders({ database: database(), holds: holds() }),
)

export const giveUp = /* @__PURE__ */ once(() =>
  createGiveUp({ database: database(), holds: holds() }),
)

export const relayHolds = /* @__PURE__ */ once(() =>
  createRelay({ holds: holds(), queue, persist: persist(), giveUp: giveUp() }),
)

export const endOrder = /* @__PURE__ */ once(() => createEndOrder(giveUp()))

export const stockReconcile = /* @__PURE__ */ once(() =>
  createStockReconcile({
    database: database(),
    holds: holds(),
    counters: counters(),
    unpaidMinutes: settings().UNPAID_MINUTES,
    progress: {
      closed: createProgress(redis(), 'stock-reconcile:closed'),
      skus: createProgress(redis(), 'stock-reconcile:skus'),
      ledgers: createProgress(redis(), 'stock-reconcile:ledgers'),
    },
  }),
)

export const fulfilment = /* @__PURE__ */ once(() =>
  createFulfilment({
    database: database(),
    reads: reads(),
    outbox: outbox(),
    take: takeStep(),
    confirmDays: settings().CONFIRM_DAYS,
  }),
)
