import type { Random } from '../world/random.ts'
import type { World } from '../world/world.ts'

export type Sku = { id: string; units: number; limit: number | null }
/** What a world's shop has at its beginning. */
export type Shop = {
  productId: string
  skus: Sku[]
  users: { id: string; addressId: string; claims: number }[]
  couponId: string
}

const PRODUCT = '1'
export const FIRST_PRICE = 1_000
export const DISCOUNT = 100

/** Opens a shop with little of everything, so that people get in each other's way. */
export function openShop({ database, random }: World): Shop {
  const session = database.session()
  const now = new Date(0)
  const put = (table: string, row: Record<string, unknown>): string => {
    const names = Object.keys(row)
    const text = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    const answer = database.execute(session, text, Object.values(row))
    if (typeof answer === 'string' || 'errno' in answer) throw new Error(`no row of ${table}`)
    return answer.insertId
  }
  const stamps = { created_at: now, updated_at: now }
  put('products', {
    ...{ category_id: 1, title: 'tea', description: '', images: '[]', status: 'published' },
    ...{ min_price_fen: FIRST_PRICE, ...stamps },
  })
  const skus = Array.from({ length: 1 + random.below(2) }, () => {
    const units = 1 + random.below(6)
    const limit = random.chance(0.3) ? 2 : null
    const id = put('skus', {
      ...{ product_id: PRODUCT, title: 'green', price_fen: FIRST_PRICE, stock: units },
      ...{ limit_per_user: limit, attributes: '{}' },
    })
    put('stock_ledger', { sku_id: id, kind: 'receive', delta: units, created_at: now })
    return { id, units, limit }
  })
  const couponId = put('coupons', {
    ...{ name: 'spring', kind: 'amount', amount_fen: DISCOUNT, threshold_fen: 0 },
    ...{ valid_from: now, valid_until: new Date(4e12), per_user: 2, ...stamps },
  })
  const users = Array.from({ length: 1 + random.below(3) }, () =>
    userOf(random, put, couponId, stamps),
  )
  return { productId: PRODUCT, skus, users, couponId }
}

type Put = (table: string, row: Record<string, unknown>) => string

function userOf(random: Random, put: Put, couponId: string, stamps: Record<string, unknown>) {
  const id = put('users', { openid: `o-${random.next()}`, ...stamps })
  const place = { province: 'Yunnan', city: 'Kunming', district: 'Wuhua', detail: '1 Lake Road' }
  const addressId = put('addresses', {
    user_id: id,
    name: 'Li',
    phone: '13800000000',
    ...place,
    ...stamps,
  })
  const claims = random.below(3)
  if (claims > 0) put('user_coupons', { user_id: id, coupon_id: couponId, claimed: claims })
  return { id, addressId, claims }
}
