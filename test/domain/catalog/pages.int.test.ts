import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { catalogCaches } from '../../../shared/domain/catalog/caches.ts'
import { createCatalog } from '../../../shared/domain/catalog/catalog.ts'
import { type Database, database } from '../../../shared/platform/database/database.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { redis } from '../../../shared/platform/redis/client.ts'
import { script } from '../../../shared/platform/redis/script.ts'

/** The database, until it goes away; and what was asked of it. */
function setup() {
  let away = false
  const asked: string[] = []
  const source: Database = {
    ...database(),
    query(statement) {
      if (away) throw Unavailable.because('database', new Error('away'))
      asked.push(statement.sql)
      return database().query(statement)
    },
  }
  const scope = `${randomUUID()}:`
  /** Each container has caches of its own over the same Redis. */
  const container = () => {
    const caches = catalogCaches({ redis: redis(), database: source, scope })
    return createCatalog({ database: source, ...caches })
  }
  return {
    asked,
    container,
    goAway: () => {
      away = true
    },
    /** @returns how many entries Redis has */
    entries: () =>
      script<number>(redis(), "return #redis.call('KEYS', KEYS[1])")([`cache:${scope}*`], []),
    /** Makes all that is cached due. */
    async age() {
      const makeDue = script<number>(
        redis(),
        `local keys = redis.call('KEYS', KEYS[1])
         for _, key in ipairs(keys) do redis.call('HSET', key, 'fresh', 1) end
         return #keys`,
      )
      return makeDue([`cache:${scope}*`], [])
    },
  }
}

const first = { sort: 'newest', limit: 5 } as const

describe('the pages that many look at', () => {
  it('are read from the database once, whichever container is asked', async () => {
    const { asked, container } = setup()
    const look = async () => {
      const catalog = container()
      const pages = await Promise.all([
        catalog.home(),
        catalog.categories(),
        catalog.list(first),
        catalog.list({ ...first, category: '1' }),
        catalog.product('1'),
      ])
      return pages.map((page) => ('text' in page ? page.text : 'not cached'))
    }
    const pages = await look()
    const statements = asked.length
    expect(await look()).toEqual(pages)
    expect(asked.length).toBe(statements)
    expect(pages).not.toContain('not cached')
  })

  it('are there while the database is away, also those whose time has come', async () => {
    const { container, goAway, age } = setup()
    const look = async () => {
      const catalog = container()
      const { value: product } = await catalog.product('1')
      const list = await catalog.list(first)
      const { value: home } = await catalog.home()
      const { value: categories } = await catalog.categories()
      return { product, list, home, categories }
    }
    const before = await look()
    goAway()
    expect(await look()).toEqual(before)
    expect(await age()).toBe(4)
    expect(await look()).toEqual(before)
    await expect(container().product('2')).rejects.toBeInstanceOf(Unavailable)
    await expect(container().list({ ...first, q: '茶' })).rejects.toBeInstanceOf(Unavailable)
  })

  it('show what an admin has changed', async () => {
    const { container } = setup()
    const catalog = container()
    const sku = { title: 'x', priceFen: 1, stock: 1, attributes: {} }
    const draft = { title: '新的', description: '', images: [], skus: [sku] }
    await catalog.list(first)
    const { id } = await catalog.create(draft, '1')
    const listed = async () => {
      const list = await container().list(first)
      return 'value' in list ? list.value.items[0] : undefined
    }
    expect(await listed()).toMatchObject({ id, title: '新的' })
    await container().change(id, { title: '更新' })
    expect(await listed()).toMatchObject({ id, title: '更新' })
    expect((await container().product(id)).value.title).toBe('更新')
    await container().change(id, { status: 'unpublished' })
    expect((await listed())?.id).not.toBe(id)
    await expect(container().product(id)).rejects.toMatchObject({ code: 40401 })
  })

  it('are no more than the shop has: who asks for others fills nothing', async () => {
    const { container, entries } = setup()
    const catalog = container()
    await catalog.list(first)
    await catalog.categories()
    const before = await entries()
    expect(before).toBeGreaterThan(0)
    for (let limit = 6; limit < 10; limit++) await catalog.list({ ...first, limit })
    for (const category of ['99999999999', '0', '4020']) {
      expect(await catalog.list({ ...first, category })).toEqual({ items: [], nextCursor: null })
    }
    expect(await entries()).toBe(before)
  })
})
