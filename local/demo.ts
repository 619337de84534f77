// `npm run demo`: plays one shopper's whole journey against the running stack, with the client.

import { campaign, deliver } from './demo/admin.ts'
import { lookAround, signOut } from './demo/browse.ts'
import { buyAndReturn, orderAndCancel } from './demo/buy.ts'
import { exportOrders } from './demo/export.ts'
import { measure } from './demo/latency.ts'
import { connect } from './demo/shop.ts'
import { failed } from './demo/steps.ts'
import { runningEndpoints } from './lib/endpoints.ts'
import { numberOf, optionsOf } from './lib/options.ts'

const HELP = `Usage: npm run demo [-- --orders N]

Plays one shopper's journey against the running stack (npm start) and prints each step with its time:
signs in, looks around, orders and cancels; orders with a coupon, pays, gets the parcel and confirms it;
orders again and is refunded; reads the mails; and has an admin send a campaign and export the orders.
It finds the stack by .local/endpoints.json, whatever its port. At the end N orders (200) are placed one after the other, and the time to their 202 is printed.`

const options = optionsOf(HELP, { orders: { type: 'string', default: '200' } })
const orders = numberOf('orders', options.orders, { from: 0, to: 10_000 })
/** More than the journey itself takes. */
const SPARE_UNITS = 10

async function journey(): Promise<void> {
  const shop = connect(runningEndpoints())
  const name = 'demo'
  const [shopper, admin] = [shop.as(name), shop.as('admin')]
  const email = `demo-${Date.now()}@example.com`
  const sku = await lookAround(shop, shopper, email)
  await deliver(admin, sku, orders + SPARE_UNITS)
  await orderAndCancel(shopper, admin, sku)
  await buyAndReturn(shop, shopper, admin, { sku, email })
  await campaign(shop, admin)
  await exportOrders(admin)
  if (orders > 0) await measure(shop, sku, orders)
  await signOut(shop, shopper, name)
}

try {
  await journey()
} catch (error) {
  // A failed step has printed itself; anything else has not.
  if (failed() === 0) console.error(`✗ ${(error as Error).message}`)
  console.log('demo failed')
  process.exit(1)
}
console.log('demo passed')
// fetch keeps connections to the stack open for a while.
process.exit(0)
