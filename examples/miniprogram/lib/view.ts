// How things of the shop look on a page.
import type { Data } from 'minimall-client'

export type Order = Data<'GET /api/orders/{id}'>
type ListedOrder = Data<'GET /api/orders'>['items'][number]
type Product = Data<'GET /api/home'>['featured'][number]

/** What a tap knows: the `data-…` of what was tapped. */
export type Tap<Dataset> = { currentTarget: { dataset: Dataset } }

/** Whole fen as yuan. */
export const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`)

/** A time of the shop (ISO 8601, UTC) on the user's clock. */
export function localTime(iso: string): string {
  const time = new Date(iso)
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}`
}

/** Minutes and seconds left, e.g. `14:59`; empty where none are. */
export function timeLeft(iso: string, now: number): string {
  const seconds = Math.ceil((Date.parse(iso) - now) / 1000)
  return seconds <= 0 ? '' : `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
}

export const STATUS: { [status in Order['status']]: string } = {
  pending: '处理中',
  unpaid: '待付款',
  paid: '待发货',
  shipped: '待收货',
  completed: '已完成',
  cancelled: '已取消',
  failed: '未成功',
  refunding: '退款中',
  refunded: '已退款',
}

export const cardOf = ({ id, title, image, priceFen, sales }: Product) => ({
  id,
  title,
  image: image ?? '',
  price: yuan(priceFen),
  sales,
})
export type Card = ReturnType<typeof cardOf>

type Line = {
  skuId: string
  productId: string
  title: string
  skuTitle: string
  image?: string
  priceFen: number
  quantity: number
}

export const lineOf = ({ skuId, productId, title, skuTitle, image, priceFen, quantity }: Line) => ({
  skuId,
  productId,
  title,
  skuTitle,
  image: image ?? '',
  price: yuan(priceFen),
  quantity,
})

export const orderRowOf = (order: ListedOrder) => ({
  id: order.orderId,
  status: STATUS[order.status],
  total: yuan(order.totalFen),
  lines: order.items.map(lineOf),
  count: order.items.reduce((sum, { quantity }) => sum + quantity, 0),
  canPay: order.status === 'unpaid' || order.status === 'pending',
})
export type OrderRow = ReturnType<typeof orderRowOf>
