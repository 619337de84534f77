import type { App, Call, Reply } from './app.ts'

type Parcel = {
  tracking_no?: string
  express_company?: string
  item_desc?: string
  contact?: Reply
}
type Upload = {
  order_key?: { order_number_type?: number; mchid?: string; out_trade_no?: string }
  logistics_type?: number
  delivery_mode?: number
  shipping_list?: Parcel[]
  upload_time?: string
  payer?: { openid?: string }
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** @returns WeChat's words for what is wrong, or undefined */
function refusalOf(app: App, upload: Upload): Reply | undefined {
  const { order_key, logistics_type, delivery_mode, shipping_list, upload_time, payer } = upload
  const [parcel, ...more] = shipping_list ?? []
  const refused = (errcode: number, errmsg: string) => ({ errcode, errmsg })
  if (order_key?.order_number_type !== 1) return refused(268485194, 'order_number_type')
  if (!order_key.mchid) return refused(268485196, 'mchid')
  if (!order_key.out_trade_no) return refused(268485197, 'out_trade_no')
  if (logistics_type !== 1) return refused(10060005, 'logistics_type')
  if (delivery_mode !== 1) return refused(268485224, 'delivery_mode')
  if (parcel === undefined || more.length > 0) return refused(268485228, 'shipping_list')
  if (!parcel.tracking_no) return refused(268485226, 'tracking_no')
  if (!parcel.express_company) return refused(268485227, 'express_company')
  if (!parcel.item_desc) return refused(10060008, 'item_desc')
  if (parcel.item_desc.length > 120) return refused(10060009, 'item_desc')
  if (parcel.express_company === 'SF' && parcel.contact === undefined) {
    return refused(10060014, 'contact')
  }
  if (!RFC3339.test(upload_time ?? '')) return refused(268485216, 'upload_time')
  return app.isOpenid(payer?.openid) ? undefined : refused(10060031, 'openid')
}

/**
 * POST /wxa/sec/order/upload_shipping_info: the same shipment again is 10060023, another one is taken
 * once (10060003 after it).
 * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/order_shipping/api_uploadshippinginfo.html
 */
export function uploadShipping(app: App): (call: Call) => Reply {
  const uploads = new Map<string, string[]>()
  return ({ body }) => {
    const upload = body as Upload
    const refusal = refusalOf(app, upload)
    if (refusal !== undefined) return refusal
    const order = JSON.stringify(upload.order_key)
    const shipments = uploads.get(order) ?? []
    const shipment = JSON.stringify(upload.shipping_list)
    if (shipments.at(-1) === shipment) return { errcode: 10060023, errmsg: '发货信息未更新' }
    if (shipments.length === 2) return { errcode: 10060003, errmsg: '支付单已使用重新发货机会' }
    uploads.set(order, [...shipments, shipment])
    app.note({ kind: 'shipping', ...body })
    return { errcode: 0, errmsg: 'ok' }
  }
}
