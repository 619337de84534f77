import { deepEqual, equal } from 'node:assert/strict'
import mysql from 'mysql2/promise'
import { benchCase } from '../harness/case.ts'
import { BUYER, emptyOrders, fillOrders } from './lists/seed.ts'

const LIMIT = 20
const DEEP = 10_000
const SIZES = [1_000, 100_000, 1_000_000]
const TARGET_RATIO = 1.2

type Orders = readonly { orderId: string }[]
const idsOf = (orders: Orders) => orders.map(({ orderId }) => orderId)

export default benchCase({
  id: 'lists',
  title: 'Lists',
  compares:
    `The first page of ${LIMIT} orders and the ${DEEP.toLocaleString('en-US')}th, of everybody's and of ` +
    'one buyer who has a quarter of all, as the repository reads them: by the id of the last order seen. ' +
    'Against OFFSET with the same rows. Where a list has fewer pages its last full one stands for the deep one.',
  async run({ services, compare, progress, chart, target, quick, note }) {
    const { endpoints } = await services()
    const { readOrders } = await import('../../shared/domain/orders/repository.ts')
    const { database } = await import('../../shared/platform/database/database.ts')
    const { readByOffset, idBefore } = await import('./lists/offset.ts')
    const connection = await mysql.createConnection(endpoints.mysqlUrl)
    const lists = [
      { of: 'everybody', userId: undefined, share: 1 },
      { of: 'one buyer', userId: BUYER, share: 4 },
    ]
    const groups: string[] = []
    const medians = { first: [] as number[], deep: [] as number[], offset: [] as number[] }
    try {
      await emptyOrders(connection)
      let there = 0
      for (const size of quick ? [1_000] : SIZES) {
        await fillOrders(connection, there, size, (share) =>
          progress(`seeding ${size.toLocaleString('en-US')} orders`, share),
        )
        there = size
        for (const { of, userId, share } of lists) {
          const page = Math.min(DEEP, Math.floor(size / share / LIMIT))
          const skipped = (page - 1) * LIMIT
          const before = await idBefore(connection, userId, skipped)
          const first = { userId, limit: LIMIT }
          const deepIds = idsOf(await readByOffset(database(), userId, LIMIT, skipped))
          const where = `${of}, ${size.toLocaleString('en-US')} orders`
          const name = `page ${page.toLocaleString('en-US')}`
          const isPage = (orders: Orders) => equal(orders.length, LIMIT)
          const isDeepPage = (orders: Orders) => deepEqual(idsOf(orders), deepIds)
          const figures = await compare<Orders>(
            where,
            [
              { name: 'page 1', check: isPage, run: () => readOrders(database(), first) },
              {
                ...{ name, check: isDeepPage },
                run: () => readOrders(database(), { ...first, before }),
              },
              {
                ...{ name: `${name} by OFFSET`, check: isDeepPage },
                run: () => readByOffset(database(), userId, LIMIT, skipped),
              },
            ],
            { rounds: 20, calls: 3 },
          )
          groups.push(where)
          medians.first.push(figures.of('page 1').median)
          medians.deep.push(figures.of(name).median)
          medians.offset.push(figures.of(`${name} by OFFSET`).median)
          target({
            ...{ what: `${where}: deep page ÷ first page`, unit: '×' },
            ...{ measured: figures.of(name).ratio, atMost: TARGET_RATIO },
          })
        }
      }
    } finally {
      await emptyOrders(connection)
      await connection.end()
    }
    chart({
      ...{ id: 'lists', kind: 'bars', title: 'A page of 20 orders', groups },
      value: { label: 'median, milliseconds', log: true },
      series: [
        { name: 'first page', values: medians.first },
        { name: 'deep page', values: medians.deep },
        { name: 'deep page by OFFSET', values: medians.offset },
      ],
    })
    note(
      'Each page is two statements over loopback, orders and their items. With its 50 pages the list of ' +
        '1,000 orders has no ten-thousandth one, and only the last size has.',
    )
  },
})
