import { PermanentError } from '../../platform/jobs/job.ts'
import { log } from '../../platform/telemetry/log.ts'
import type { Shipment, SubscribeMessage } from '../../platform/wechat/api.ts'
import { settled } from '../../platform/wechat/settle.ts'
import type { Templates } from '../../platform/wechat/templates.ts'
import type { MovedData } from '../orders/messages.ts'
import type { OrderView } from '../orders/order.ts'
import { carrierCodeOf } from './carriers.ts'
import type { NotificationOutcome, NotificationRecord } from './record.ts'
import { dataOf, pageOf, valuesOf } from './templates.ts'

/** Of the description of a parcel. */
const MAX_DESCRIPTION = 120

export type NotificationDeps = {
  record: NotificationRecord
  readOrder(orderId: string): Promise<OrderView | undefined>
  /** @returns undefined where the user is gone */
  openidOf(userId: string): Promise<string | undefined>
  templates: Templates
  /** Whose payments they are. */
  mchId: string
  sendSubscribe(message: SubscribeMessage): Promise<void>
  uploadShipping(shipment: Shipment): Promise<void>
}

type Told = { order: OrderView; openid: string }

/** What is in the parcel. The same order gives the same text: else WeChat took it for a correction. */
function descriptionOf({ items }: OrderView): string {
  const text = items.map(({ title, quantity }) => `${title}×${quantity}`).join('; ')
  return Array.from(text).slice(0, MAX_DESCRIPTION).join('')
}

/** All but the last four digits hidden, as WeChat wants it. */
const masked = (phone: string) => `****${phone.replace(/\D/g, '').slice(-4)}`

/** @returns what WeChat would refuse the upload of a parcel for, or undefined */
function missingFor(carrier: string | undefined, { address }: OrderView): string | undefined {
  if (carrier === undefined) return 'no code of the carrier is known'
  return carrier === 'SF' && address === undefined
    ? 'SF needs a phone, the order has none'
    : undefined
}

async function outcomeOf(call: () => Promise<void>): Promise<NotificationOutcome> {
  const { dropped } = await settled(call)
  return dropped === undefined
    ? { state: 'sent' }
    : { state: 'dropped', detail: `errcode ${dropped}` }
}

/** Tells buyers through WeChat what became of their orders, and WeChat what was shipped. */
export function createNotifications(deps: NotificationDeps) {
  const { record, templates, mchId } = deps

  async function subscribe({ orderId, to }: MovedData, { order, openid }: Told, at: string) {
    const template = templates[to]
    if (template === undefined) return
    const values = valuesOf(order, to, at)
    const message = {
      openid,
      templateId: template.id,
      page: pageOf(template, values),
      data: dataOf(template, values),
    }
    // Again after a crash: a subscription is good for one message, so a second one is refused.
    await record.once({ orderId, news: to, channel: 'subscribe' }, 'send', () =>
      outcomeOf(() => deps.sendSubscribe(message)),
    )
  }

  async function shipping({ orderId, to }: MovedData, { order, openid }: Told) {
    const { shipment, address } = order
    if (to !== 'shipped' || shipment === undefined) return
    const carrier = carrierCodeOf(shipment.carrier)
    const upload = {
      mchId,
      outTradeNo: orderId,
      openid,
      carrier: carrier ?? '',
      trackingNo: shipment.trackingNo,
      description: descriptionOf(order),
      ...(carrier === 'SF' && address !== undefined
        ? { receiverPhone: masked(address.phone) }
        : {}),
    }
    // Again after a crash: WeChat knows a shipment that it has already.
    await record.once({ orderId, news: to, channel: 'shipping' }, 'send', async () => {
      // No later try would find the code, or the phone number that WeChat wants with what SF carries.
      const missing = missingFor(carrier, order)
      if (missing !== undefined) {
        log.warn('shipment not uploaded', { orderId, missing })
        return { state: 'dropped', detail: missing }
      }
      return outcomeOf(() => deps.uploadShipping(upload))
    })
  }

  return {
    /**
     * @param at when it happened, as an ISO time
     * @throws PermanentError where it can't be told before somebody mends something; anything else may
     *   be tried again, when only what was not done is done
     */
    async tell(data: MovedData, at: string): Promise<void> {
      const order = await deps.readOrder(data.orderId)
      if (order === undefined) throw new PermanentError('there is no such order')
      const openid = await deps.openidOf(data.userId)
      if (openid === undefined) {
        log.info('nobody to tell', { orderId: data.orderId })
        return
      }
      const told = { order, openid }
      const results = await Promise.allSettled([subscribe(data, told, at), shipping(data, told)])
      const errors = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      )
      // What may pass comes first: what can't will be there after it.
      const first = errors.find((error) => !(error instanceof PermanentError)) ?? errors[0]
      if (first !== undefined) throw first
    },
  }
}

export type Notifications = ReturnType<typeof createNotifications>
