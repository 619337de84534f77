import { randomUUID } from 'node:crypto'
import { type Client, codes, payOrder } from '../../client/src/index.ts'
import type { Shop } from './shop.ts'
import { expect, refusal, step, until, yuan } from './steps.ts'

type Sku = { id: string }
const QUANTITY = 2

const statusOf = async (buyer: Client, id: string) =>
  (await buyer.request('GET /api/orders/{id}', { params: { id } })).status
const reaches = (buyer: Client, id: string, wanted: string) =>
  until(
    () => statusOf(buyer, id),
    (status) => status === wanted,
  )

/** Orders, watches the stock job, and cancels: the books balance at each step. */
export async function orderAndCancel(shopper: Client, admin: Client, sku: Sku): Promise<void> {
  // Only the sums: earlier orders of this SKU may be closing at the same time.
  async function books(): Promise<string> {
    const params = { id: sku.id }
    const stock = await admin.request('GET /api/admin/skus/{id}/stock', { params })
    const { received, sold, held, available } = stock
    expect(received === sold + held + available, 'the books do not balance')
    return `${received} received = ${sold} sold + ${held} held + ${available} available`
  }
  const idempotencyKey = randomUUID()
  const body = { items: [{ skuId: sku.id, quantity: QUANTITY }] }
  const place = () => shopper.request('POST /api/orders', { body, idempotencyKey })
  const id = await step('place an order', async () => {
    const { orderId, status, totalFen } = await place()
    return [`${orderId} ${status}, ${yuan(totalFen)}`, orderId]
  })
  await step('the same key again', async () => {
    expect((await place()).orderId === id, 'made a second order')
    return ['the same order', undefined]
  })
  await step('read it at once', async () => [await statusOf(shopper, id), undefined])
  await step('the stock job persists it', async () => [
    await reaches(shopper, id, 'unpaid'),
    undefined,
  ])
  await step('the books balance', async () => [await books(), undefined])
  await step('cancel it', async () => {
    const { status } = await shopper.request('POST /api/orders/{id}/cancel', { params: { id } })
    return [`${status}; ${await books()}`, undefined]
  })
}

/** The first address of the shopper, made where there is none. */
async function addressOf(shopper: Client): Promise<string> {
  return step('an address to deliver to', async () => {
    const [known] = await shopper.request('GET /api/addresses')
    const body = {
      name: '王小明',
      phone: '13800138000',
      province: '浙江省',
      city: '杭州市',
      district: '西湖区',
      detail: '文三路 1 号',
    }
    const address = known ?? (await shopper.request('POST /api/addresses', { body }))
    return [`${address.city}${address.district}${address.detail}`, address.id]
  })
}

/** Claims a coupon, where there is one, and orders with it. @returns the order's id */
async function orderWithCoupon(shopper: Client, sku: Sku): Promise<string> {
  const addressId = await addressOf(shopper)
  const couponId = await step('claim a coupon', async () => {
    const { items } = await shopper.request('GET /api/coupons')
    const coupon = items.find(({ claimable }) => claimable)
    if (coupon !== undefined) {
      await shopper.request('POST /api/coupons/{id}/claim', { params: { id: coupon.id } })
    }
    const query = { state: 'usable' } as const
    const mine = (await shopper.request('GET /api/user/coupons', { query })).items
    return [mine.map(({ name }) => name).join('、') || 'none left', mine[0]?.id]
  })
  return step('order with it', async () => {
    const items = [{ skuId: sku.id, quantity: QUANTITY }]
    const order = (extra: { couponId?: string }) =>
      shopper.request('POST /api/orders', { body: { items, addressId, ...extra } })
    if (couponId === undefined) {
      const { orderId, totalFen } = await order({})
      return [`${yuan(totalFen)}, without a coupon`, orderId]
    }
    const placed = await order({ couponId }).catch((error: { code?: number }) => {
      // The hottest product may cost less than the coupon asks for.
      if (error.code !== codes.couponUnusable) throw error
      return order({})
    })
    return [yuan(placed.totalFen), placed.orderId]
  })
}

/** Orders and pays; WeChat sends its notice five times. @returns the order's id */
async function buy(shop: Shop, shopper: Client, order: () => Promise<string>): Promise<string> {
  const id = await order()
  await step('pay it; WeChat tells five times', async () => {
    const paid = await payOrder(shopper, id, async () => {
      await shop.pay(id, 5)
    })
    expect(paid.status === 'paid', `is ${paid.status}`)
    return [`${paid.status}, ${yuan(paid.totalFen)}`, undefined]
  })
  return id
}

async function expectNews(shop: Shop, email: string, mails: number): Promise<void> {
  await step('read the mails', async () => {
    const subjects = await until(
      () => shop.mailsTo(email),
      ({ length }) => length >= mails,
    )
    return [subjects.slice(-2).join('; '), undefined]
  })
}

/** One order that is paid, shipped and confirmed, and one that is refunded. */
export async function buyAndReturn(
  shop: Shop,
  shopper: Client,
  admin: Client,
  { sku, email }: { sku: Sku; email: string },
): Promise<void> {
  const id = await buy(shop, shopper, () => orderWithCoupon(shopper, sku))
  await step('an admin ships it', async () => {
    const body = { carrier: 'SF', trackingNo: `SF${Date.now()}` }
    const shipped = await admin.request('POST /api/admin/orders/{id}/ship', {
      params: { id },
      body,
    })
    return [`${shipped.status}, ${body.carrier} ${body.trackingNo}`, undefined]
  })
  await step('WeChat hears of the parcel', async () => {
    const kinds = await until(
      () => shop.toldAtWechat(id),
      ({ length }) => length > 0,
    )
    return [kinds.join(', '), undefined]
  })
  await step('confirm it', async () => {
    const { status } = await shopper.request('POST /api/orders/{id}/confirm', { params: { id } })
    const again = shopper.request('POST /api/orders/{id}/confirm', { params: { id } })
    return [`${status}; once more answers ${await refusal(again)}`, undefined]
  })
  await expectNews(shop, email, 2)

  const second = await buy(shop, shopper, async () => {
    const items = [{ skuId: sku.id, quantity: 1 }]
    return (await shopper.request('POST /api/orders', { body: { items } })).orderId
  })
  await step('ask for a refund; an admin grants it', async () => {
    const params = { id: second }
    await shopper.request('POST /api/orders/{id}/refund', { params, body: { reason: '不想要了' } })
    await admin.request('POST /api/admin/orders/{id}/refund', { params })
    return [await reaches(shopper, second, 'refunded'), undefined]
  })
  await expectNews(shop, email, 4)
}
