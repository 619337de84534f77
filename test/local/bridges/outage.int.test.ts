import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@planetscale/database'
import { Redis } from '@upstash/redis'
import { Redis as Direct } from 'ioredis'
import mysql from 'mysql2/promise'
import { expect, inject, it } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { startDatabase } from '../../../local/engines/database.ts'
import { startRedis } from '../../../local/engines/redis.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { startProxy } from './proxy.ts'

const scratch = () => mkdtempSync(join(tmpdir(), 'minimall-outage-'))
/** Fails where an answer takes longer than an outage may. */
const quickly = async <T>(work: () => Promise<T>) => {
  const started = performance.now()
  const result = await work().catch((error: Error) => error)
  expect(performance.now() - started).toBeLessThan(1_000)
  return result
}

it('the Upstash bridge lives through a restart of Redis', async () => {
  const dir = scratch()
  const first = await startRedis({ dir })
  const proxy = await startProxy(first.url)
  const bridge = await startUpstashBridge({ redisUrl: proxy.url, token: 'secret' })
  const redis = new Redis({ url: bridge.url, token: 'secret', retry: { retries: 0 } })
  await redis.set('kept', 'yes')
  await first.stop()
  await untilReady('the outage', () => expect(redis.ping()).rejects.toThrow('not reachable'))
  expect(String(await quickly(() => redis.ping()))).toContain('redis is not reachable')
  const pipeline = () => redis.pipeline().get('kept').get('kept').exec()
  expect(String(await quickly(pipeline))).toContain('redis is not reachable')
  const multi = () => redis.multi().get('kept').exec()
  expect(String(await quickly(multi))).toContain('redis is not reachable')

  const second = await startRedis({ dir })
  proxy.lead(second.url)
  await untilReady('the recovery', async () => expect(await redis.get('kept')).toBe('yes'))
  await bridge.stop()
  await proxy.stop()
  await second.stop()
  rmSync(dir, { recursive: true, force: true })
})

it('the Upstash bridge never sends a command twice whose answer was lost', async () => {
  const { redisUrl = '' } = inject('endpoints')
  const proxy = await startProxy(redisUrl)
  const bridge = await startUpstashBridge({ redisUrl: proxy.url, token: 'secret' })
  const redis = new Redis({ url: bridge.url, token: 'secret', retry: { retries: 0 } })
  const direct = new Direct(redisUrl)
  await direct.del('twice')
  // Redis answers nobody, and so the answers are still to come when the connection is cut.
  await direct.call('CLIENT', 'PAUSE', '300', 'WRITE')
  const lost = Array.from({ length: 8 }, () => quickly(() => redis.incr('twice')))
  await untilReady('the blocked commands', async () => {
    expect(await direct.info('clients')).toMatch(/blocked_clients:[1-9]/)
  })
  proxy.cut()
  proxy.lead(redisUrl)
  for (const error of await Promise.all(lost)) expect(String(error)).toContain('not reachable')
  await untilReady('the recovery', () => redis.ping())
  expect(await redis.incr('twice')).toBeLessThanOrEqual(9)
  await bridge.stop()
  await proxy.stop()
  direct.disconnect()
})

it('the Upstash bridge says at once that there is no Redis', async () => {
  const starting = startUpstashBridge({ redisUrl: 'redis://127.0.0.1:9', token: 'secret' })
  await expect(starting).rejects.toThrow('no Redis answers at 127.0.0.1:9')
})

it('the PlanetScale bridge lives through a restart of the database', async () => {
  const dir = scratch()
  const first = await startDatabase({ dir })
  const proxy = await startProxy(first.primaryUrl)
  const bridge = await startPlanetscaleBridge({
    mysqlUrl: proxy.url,
    username: 'me',
    password: 'secret',
  })
  const client = new Client({ url: bridge.url })
  await client.execute('CREATE TABLE kept (id INT PRIMARY KEY)')
  const open = client.connection()
  await open.execute('BEGIN')
  await open.execute('INSERT INTO kept VALUES (1)')
  const running = client.execute('SELECT SLEEP(30)').catch((error: Error) => error)
  const direct = await mysql.createConnection(first.primaryUrl)
  await untilReady('the running statement', async () => {
    const [rows] = await direct.query(
      "SELECT 1 FROM information_schema.processlist WHERE info = 'SELECT SLEEP(30)'",
    )
    expect(rows).toHaveLength(1)
  })
  await direct.end()
  await first.stop()
  expect(await running).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } })
  for (const statement of ['SELECT 1', 'BEGIN']) {
    expect(await quickly(() => client.execute(statement))).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE' },
    })
  }
  expect(await quickly(() => open.execute('COMMIT'))).toHaveProperty('status')

  const second = await startDatabase({ dir })
  proxy.lead(second.primaryUrl)
  expect((await client.execute('SELECT * FROM kept')).rows).toEqual([])
  await client.transaction((tx) => tx.execute('INSERT INTO kept VALUES (1)'))
  expect((await client.execute('SELECT * FROM kept')).rows).toEqual([{ id: 1 }])
  await bridge.stop()
  await proxy.stop()
  await second.stop()
  rmSync(dir, { recursive: true, force: true })
})
