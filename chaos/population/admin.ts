import type { History } from '../history.ts'
import type { Api } from './api.ts'
import type { Errand, Plan } from './plan.ts'
import { createSession } from './session.ts'

const MINUTE_MILLIS = 60_000
const HOUR_MILLIS = 60 * MINUTE_MILLIS

/** The shop's people: they fill the shelves before the run, and go on working while it is on fire. */
export function createAdmin(api: Api, history: History, seed: number) {
  const { insist } = createSession(api, 'admin')

  async function must<T>(question: Parameters<typeof insist>[0], status: number): Promise<T> {
    const { answer } = await insist(question)
    if (answer.status === status) return answer.data
    throw new Error(`${question.method} ${question.path}: ${answer.status} ${answer.code}`)
  }

  return {
    /** Puts the plan's SKUs on sale. @returns their ids */
    async stockUp(skus: Plan['skus']): Promise<string[]> {
      const ids: string[] = []
      for (const [at, { units, limit }] of skus.entries()) {
        const sku = {
          ...{ title: '默认', priceFen: 1000 + at, stock: units },
          ...(limit === undefined ? {} : { limitPerUser: limit }),
        }
        const product = await must<{ skus: { id: string }[] }>(
          {
            ...{ method: 'POST', path: '/api/admin/products', key: `chaos-${seed}-product-${at}` },
            body: { title: `混沌 ${seed}-${at}`, skus: [sku] },
          },
          201,
        )
        const id = product.skus[0]?.id ?? ''
        ids.push(id)
        history.stocked.set(id, units)
      }
      return ids
    },

    /** @returns the id of a coupon that everybody may have once */
    async offer(): Promise<string> {
      const body = {
        ...{ name: `chaos ${seed}`, kind: 'amount', amountFen: 100, thresholdFen: 500 },
        validUntil: new Date(Date.now() + 48 * HOUR_MILLIS).toISOString(),
      }
      const key = `chaos-${seed}-coupon`
      const path = '/api/admin/coupons'
      return (await must<{ id: string }>({ method: 'POST', path, body, key }, 201)).id
    },

    async ship(orderId: string): Promise<void> {
      const path = `/api/admin/orders/${orderId}/ship`
      const { answer } = await insist({
        ...{ method: 'POST', path, route: '/api/admin/orders/{id}/ship', key: `${orderId}-ship` },
        body: { carrier: 'SF', trackingNo: `SF${orderId}` },
      })
      const { status, trace } = answer
      if (status === 200) history.steps.push({ step: 'shipped', orderId, trace })
    },

    async refund(orderId: string): Promise<void> {
      const path = `/api/admin/orders/${orderId}/refund`
      const { answer } = await insist({
        ...{ method: 'POST', path, route: '/api/admin/orders/{id}/refund', body: {} },
        key: `${orderId}-grant`,
      })
      const { status, trace } = answer
      if (status === 200) history.steps.push({ step: 'refund granted', orderId, trace })
    },

    async run(errand: Errand, skuIds: readonly string[]): Promise<void> {
      switch (errand.kind) {
        case 'stock': {
          const { key, delta } = errand
          const skuId = skuIds[errand.sku] ?? ''
          const path = `/api/admin/skus/${skuId}/stock`
          const delivery = { reason: key, skuId, delta, trace: '', done: false }
          history.deliveries.push(delivery)
          const body = { delta, reason: key }
          const route = '/api/admin/skus/{id}/stock'
          const { answer } = await insist({ method: 'POST', path, route, body, key })
          delivery.trace = answer.trace
          delivery.done = answer.status === 200
          return
        }
        case 'campaign': {
          const { key, recipients } = errand
          const emails = Array.from({ length: recipients }, (_, at) => `${key}-${at}@example.com`)
          const mailing = { subject: key, emails, trace: '' }
          history.mailings.push(mailing)
          const body = { subject: key, html: '<p>全场八折</p>', audience: { emails } }
          const path = '/api/admin/campaigns'
          const { answer } = await insist({ method: 'POST', path, body, key })
          mailing.trace = answer.trace
          if (answer.status === 202) Object.assign(mailing, { id: answer.data.id })
          return
        }
        case 'export': {
          // Of nothing that a clock which is behind would call the future.
          const to = Date.now() - MINUTE_MILLIS
          const [from, until] = [to - HOUR_MILLIS, to].map((time) => new Date(time).toISOString())
          const body = { kind: 'orders', format: 'csv', from, to: until }
          const path = '/api/admin/exports'
          const { answer } = await insist({ method: 'POST', path, body, key: errand.key })
          const { status, data, trace } = answer
          if (status === 202) history.exports.push({ id: data.id, trace })
          return
        }
        case 'look':
          await insist({ method: 'GET', path: '/api/admin/queues' })
          await insist({ method: 'GET', path: '/api/admin/orders?limit=20' })
      }
    },

    /** A SKU's units as the shop shows them. */
    view: (skuId: string) =>
      must<{ received: number; sold: number; held: number; available: number }>(
        {
          method: 'GET',
          path: `/api/admin/skus/${skuId}/stock`,
          route: '/api/admin/skus/{id}/stock',
        },
        200,
      ),

    queues: () =>
      must<{ name: string; visible: number; inFlight: number; deadLetters: number }[]>(
        { method: 'GET', path: '/api/admin/queues' },
        200,
      ),

    redrive: (queue: string) =>
      must<{ moved: number }>(
        {
          method: 'POST',
          path: `/api/admin/queues/${queue}/redrive`,
          key: `redrive-${Date.now()}`,
        },
        200,
      ),
  }
}

export type Admin = ReturnType<typeof createAdmin>
