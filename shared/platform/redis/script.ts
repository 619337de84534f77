import type { RedisClient } from './client.ts'

/** A Lua script bound to its client; runs by hash, and by text where the server has not seen it. */
export type Script<Reply> = (keys: string[], args: (string | number)[]) => Promise<Reply>

/**
 * Prepares a Lua script.
 * @param source what `EVAL` takes; must be safe to run again where the answer was lost
 * @returns a function of keys and arguments; its promise rejects with Unavailable or RedisCommandFailed
 */
export function script<Reply>(redis: RedisClient, source: string): Script<Reply> {
  const prepared = redis.createScript<Reply>(source)
  return (keys, args) => prepared.exec(keys, args.map(String))
}
