import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { startRedis } from '../../../local/engines/redis.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'

it('the Upstash bridge says at once that Redis is away, and Redis keeps what it answered', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-outage-'))
  const first = await startRedis({ dir })
  const bridge = await startUpstashBridge({ redisUrl: first.url, token: 'secret' })
  const client = new RedisClient({ url: bridge.url, token: 'secret' })
  await client.set('kept', 'yes')
  await first.stop()
  await untilReady('the outage', () => expect(client.ping()).rejects.toThrow(Unavailable))
  const started = performance.now()
  await expect(client.ping()).rejects.toThrow(Unavailable)
  expect(performance.now() - started).toBeLessThan(500)
  await bridge.stop()

  const second = await startRedis({ dir })
  const next = await startUpstashBridge({ redisUrl: second.url, token: 'secret' })
  expect(await new RedisClient({ url: next.url, token: 'secret' }).get('kept')).toBe('yes')
  await next.stop()
  await second.stop()
  rmSync(dir, { recursive: true, force: true })
})
