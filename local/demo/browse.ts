import type { Client } from '../../client/src/index.ts'
import type { Shop } from './shop.ts'
import { expect, step, until, yuan } from './steps.ts'

/** Signs in, makes itself known, and looks around. @returns the SKU to buy */
export async function lookAround(shop: Shop, shopper: Client, email: string) {
  await step('health', async () => {
    const answer = await fetch(`${shop.api}/api/health`).catch(() => {
      throw new Error(
        `nothing answers at ${shop.api}. Start the stack in another terminal: npm start`,
      )
    })
    expect(answer.status === 200, `answered ${answer.status}`)
    return ['ok', undefined]
  })
  await step('sign in with a code of wx.login', async () => {
    const { id } = await shopper.login()
    return [`user ${id}`, undefined]
  })
  await step('set nickname and e-mail', async () => {
    const body = { nickname: '小明', email }
    const changed = await shopper.request('PATCH /api/user/info', { body })
    expect(changed.nickname === body.nickname, 'the new nickname is not there')
    return [`${changed.nickname}, ${changed.email}`, undefined]
  })
  await step('home, in one call', async () => {
    const { categories, featured } = await shopper.request('GET /api/home')
    const names = categories.map(({ name }) => name).join('、')
    return [`${names}; ${featured.length} featured`, undefined]
  })
  const [hot] = await step('best sellers', async () => {
    const query = { sort: 'sales', limit: 3 } as const
    const { items } = await shopper.request('GET /api/products', { query })
    expect(items.length > 0, 'the catalogue is empty')
    return [items.map(({ title }) => title).join('、'), items]
  })
  return step('product page', async () => {
    const params = { id: hot?.id ?? '' }
    const product = await shopper.request('GET /api/products/{id}', { params })
    const [sku] = product.skus
    expect(sku !== undefined, 'the product has no SKU')
    return [`${product.title}, ${product.skus.length} SKUs from ${yuan(sku.priceFen)}`, sku]
  })
}

/** Signs out, after which the token of before stops working. */
export async function signOut(shop: Shop, shopper: Client, name: string): Promise<void> {
  await step('sign out', async () => {
    const headers = { authorization: `Bearer ${shop.tokenOf(name)}` }
    await shopper.logout()
    const ask = async () => {
      const answer = await fetch(`${shop.api}/api/user/info`, { headers })
      return (await answer.json()) as { code: number }
    }
    const { code } = await until(ask, (answer) => answer.code !== 0)
    return [`then ${code}`, undefined]
  })
}
