import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../lib/ports.ts'
import { findCommand, run } from '../lib/process.ts'
import { type Restartable, restartable } from '../lib/restartable.ts'
import { keptSecret } from '../lib/secrets.ts'
import { untilReady } from '../lib/wait.ts'
import type { EngineOptions } from './engine.ts'

export type RedisServer = Restartable & { url: string }

/** A private Redis with its data in `dir`; every write is on disk before it is answered. */
export async function startRedis({ dir, onDeath }: EngineOptions): Promise<RedisServer> {
  const server = findCommand('redis-server', 'valkey-server')
  if (server === undefined) throw new Error('no redis-server or valkey-server on this machine')
  mkdirSync(dir, { recursive: true })
  const password = keptSecret(join(dir, 'redis-password'))
  const port = await freePort()
  const config = join(dir, 'redis.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir "${dir}"`,
    `requirepass ${password}`,
    'appendonly yes',
    'appendfsync always',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
  const logFile = join(dir, 'server.log')
  const url = `redis://default:${password}@127.0.0.1:${port}`
  const running = await restartable(async () => {
    const service = run({
      command: server,
      args: [config],
      logFile,
      onDeath: (how) => onDeath?.(`Redis ended (${how})`),
    })
    try {
      await untilReady(`Redis (see ${logFile})`, () => ping(url), { service })
    } catch (error) {
      await service.stop()
      throw error
    }
    return service
  })
  return { url, ...running }
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}
