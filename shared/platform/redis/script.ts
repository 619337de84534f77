import { hash } from 'node:crypto'
import { type RedisClient, RedisCommandFailed } from './client.ts'

/** A Lua script bound to its client; runs by hash, and by text where the server has not seen it. */
export type Script<Reply> = (keys: string[], args: (string | number)[]) => Promise<Reply>

/**
 * Prepares a Lua script.
 * @param source what `EVAL` takes; must be safe to run again where the answer was lost. What is put together
 *   from other texts comes from a function: as a constant it would be in bundles that don't need it
 * @returns a function of keys and arguments; its promise rejects with Unavailable or RedisCommandFailed
 */
export function script<Reply>(redis: RedisClient, source: string): Script<Reply> {
  let sha: string | undefined
  return async (keys, args) => {
    sha ??= hash('sha1', source)
    const texts = args.map(String)
    try {
      return await redis.evalsha<Reply>(sha, keys, texts)
    } catch (error) {
      const isUnknown = error instanceof RedisCommandFailed && error.message.startsWith('NOSCRIPT')
      if (!isUnknown) throw error
      return redis.eval<Reply>(source, keys, texts)
    }
  }
}
