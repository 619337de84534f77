import { randomUUID } from 'node:crypto'
import { afterEach, expect, inject, it } from 'vitest'
import type { Fault } from '../../local/bridges/faults.ts'
import { type Answer, call, until } from '../support/client.ts'

/** Makes the bridge to the primary fail in this way. */
async function database(fault: Fault): Promise<void> {
  const { origin, username, password } = new URL(inject('endpoints').databaseUrl ?? '')
  const { status } = await fetch(`${origin}/__faults`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    body: JSON.stringify(fault),
  })
  expect(status).toBe(200)
}
afterEach(() => database({}))

it('a database that fails is left alone: clear answers at once, and all is well again by itself', async () => {
  // In no cache.
  const search = () => call('GET', `/api/products?q=${randomUUID().slice(0, 8)}`)
  const clear = async (answers: Promise<Answer>[]) => {
    for (const { status, headers, body } of await Promise.all(answers)) {
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 50301, '1'])
    }
  }
  expect((await search()).status).toBe(200)

  await database({ errorRate: 1 })
  await clear(Array.from({ length: 20 }, search))
  // From now on whoever asks it waits for five seconds: twenty that did would not end in this test's time.
  await database({ hangRate: 1 })
  for (let asked = 0; asked < 20; asked++) await clear([search()])

  await database({})
  await until(search, ({ status }) => status === 200)
})
