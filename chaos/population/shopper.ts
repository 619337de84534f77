import type { History, Purchase } from '../history.ts'
import type { Admin } from './admin.ts'
import type { Answer, Api, Question } from './api.ts'
import type { Visit } from './plan.ts'
import { createSession } from './session.ts'

export type Shop = {
  api: Api
  history: History
  admin: Admin
  /** WeChat's stand-in. */
  wechat: string
  skuIds: readonly string[]
  couponId: string
}

/** How often a shopper looks whether his payment has arrived. */
const SETTLE_TRIES = 5

/** One person with a phone. Whatever is done is written down with what the shop said to it. */
export function createShopper(shop: Shop, name: string, email: string | undefined) {
  const { api, history, admin } = shop
  const session = createSession(api, name)
  const { insist } = session
  let claimed: Promise<boolean> | undefined

  /** @returns whether the shop said so */
  async function step(
    said: 'cancelled' | 'refund asked',
    orderId: string,
    question: Question,
  ): Promise<boolean> {
    const { answer } = await insist(question)
    if (answer.status === 200) history.steps.push({ step: said, orderId, trace: answer.trace })
    return answer.status === 200
  }

  async function claim(): Promise<boolean> {
    const { couponId } = shop
    const path = `/api/coupons/${couponId}/claim`
    const route = '/api/coupons/{id}/claim'
    const key = `${name}-claim`
    const { answer } = await insist({ method: 'POST', path, route, key })
    if (answer.status !== 200) return false
    history.claims.push({ shopper: name, couponId, trace: answer.trace })
    return true
  }

  async function order(visit: Visit): Promise<string | undefined> {
    const skuId = shop.skuIds[visit.sku] ?? ''
    const { quantity, key } = visit
    claimed = visit.coupon ? (claimed ?? claim()) : claimed
    const couponId = visit.coupon && (await claimed) ? shop.couponId : undefined
    const body = { items: [{ skuId, quantity }], ...(couponId === undefined ? {} : { couponId }) }
    const question: Question = { method: 'POST', path: '/api/orders', body, key }
    const bought: Purchase = {
      ...{ key, shopper: name, skuId, quantity, trace: '', accepted: [], unsure: false },
    }
    history.purchases.push(bought)
    const note = (answer: Answer) => {
      bought.trace = answer.trace
      if (answer.status !== 202) return
      bought.accepted.push(answer.data.orderId)
      bought.totalFen = answer.data.totalFen
    }
    if (visit.hangsUpAfter !== undefined) {
      bought.unsure = true
      note(await session.ask({ ...question, hangUpAfter: visit.hangsUpAfter }))
    }
    const sent = [insist(question), ...(visit.twice ? [insist(question)] : [])]
    for (const { answer, unsure } of await Promise.all(sent)) {
      note(answer)
      bought.unsure ||= unsure
    }
    return bought.accepted[0]
  }

  async function begin(orderId: string): Promise<boolean> {
    const path = `/api/orders/${orderId}/pay`
    const { answer } = await insist({
      ...{ method: 'POST', path, route: '/api/orders/{id}/pay', key: `${orderId}-pay` },
    })
    return answer.status === 200
  }

  async function payAtWechat(orderId: string, { notice }: Visit): Promise<boolean> {
    const paid = await fetch(`${shop.wechat}/mock/pay`, {
      method: 'POST',
      body: JSON.stringify({ outTradeNo: orderId, ...notice }),
    })
    await paid.arrayBuffer()
    return paid.ok
  }

  const pay = async (orderId: string, visit: Visit) =>
    (await begin(orderId)) && payAtWechat(orderId, visit)

  async function cancel(orderId: string): Promise<void> {
    const path = `/api/orders/${orderId}/cancel`
    const route = '/api/orders/{id}/cancel'
    await step('cancelled', orderId, { method: 'POST', path, route, key: `${orderId}-cancel` })
  }

  async function read(orderId: string): Promise<string | undefined> {
    const path = `/api/orders/${orderId}`
    const { answer } = await insist({ method: 'GET', path, route: '/api/orders/{id}' })
    return answer.data?.status
  }

  async function becomes(orderId: string, wanted: string): Promise<boolean> {
    for (let turn = 0; turn < SETTLE_TRIES; turn++) {
      if ((await read(orderId)) === wanted) return true
      await new Promise((resolve) => setTimeout(resolve, 300 * (turn + 1)))
    }
    return false
  }

  async function goOn(orderId: string, visit: Visit): Promise<void> {
    switch (visit.then) {
      case 'leave':
        return
      case 'read':
        await read(orderId)
        return
      case 'cancel':
        return cancel(orderId)
      case 'pay':
        await pay(orderId, visit)
        return
      case 'late':
        if (!(await begin(orderId))) return
        await cancel(orderId)
        await payAtWechat(orderId, visit)
        return
      case 'ship':
        if ((await pay(orderId, visit)) && (await becomes(orderId, 'paid'))) {
          await admin.ship(orderId)
        }
        return
      case 'refund': {
        if (!(await pay(orderId, visit)) || !(await becomes(orderId, 'paid'))) return
        const route = '/api/orders/{id}/refund'
        const path = `/api/orders/${orderId}/refund`
        const asking: Question = {
          ...{ method: 'POST', path, route, body: {}, key: `${orderId}-refund` },
        }
        if (await step('refund asked', orderId, asking)) await admin.refund(orderId)
      }
    }
  }

  return {
    /** Signs in for the first time, and leaves an address for mails. @throws where the shop refuses */
    async arrive(): Promise<void> {
      const userId = await session.signIn()
      history.shoppers.set(name, { userId, ...(email === undefined ? {} : { email }) })
      if (email === undefined) return
      const body = { email }
      const { answer } = await insist({ method: 'PATCH', path: '/api/user/info', body })
      if (answer.status !== 200) throw new Error(`no address for ${name}: ${answer.code}`)
    },

    async visit(visit: Visit): Promise<void> {
      if (visit.browses) {
        await insist({ method: 'GET', path: '/api/products?sort=newest' })
        const item = `/api/cart/items/${shop.skuIds[visit.sku]}`
        const body = { quantity: visit.quantity }
        const route = '/api/cart/items/{skuId}'
        await insist({ method: 'PUT', path: item, route, body, key: `${visit.key}-cart` })
      }
      const orderId = await order(visit)
      if (orderId !== undefined) await goOn(orderId, visit)
    },

    /** @returns all orders that the shop shows, with their states */
    async orders(): Promise<Map<string, string>> {
      const found = new Map<string, string>()
      let cursor = ''
      do {
        const path = `/api/orders?limit=100${cursor}`
        const { answer } = await insist({ method: 'GET', path, route: '/api/orders' })
        if (answer.status !== 200) throw new Error(`no orders for ${name}: ${answer.code}`)
        for (const { id, orderId = id, status } of answer.data.items) found.set(orderId, status)
        cursor = answer.data.nextCursor === null ? '' : `&cursor=${answer.data.nextCursor}`
      } while (cursor !== '')
      return found
    },
  }
}

export type Shopper = ReturnType<typeof createShopper>
