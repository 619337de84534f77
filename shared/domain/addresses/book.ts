import { isOutage } from '../../platform/errors/api-error.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'

/**
 * Hash: a user's addresses as orders keep them, JSON by id, so that an order finds its address in the
 * call that holds it. Besides: `epoch`, outside of which nothing in it counts; `changing`, how many changes are under way; `lease`, who may fill it.
 */
export const bookKey = (userId: string) => `address:book:${userId}`

/** Seconds for which an address is kept. */
export const BOOK_SECONDS = 86_400
/** Seconds after which a change that was never ended is taken to have died; no function runs as long. */
const CHANGE_SECONDS = 60
/** Seconds in which a reader is to have read what it missed. */
const LEASE_SECONDS = 30

/**
 * A Lua function for the script that places orders. Where the caller has not read the address (`read` is
 * ''), it returns the kept one, or nothing: then the caller reads it, and hands it in with its next call
 * under the same lease. It is kept if no change has begun meanwhile. What was kept before Redis was away
 * is not believed: the database may have been changed without a word.
 */
export const ADDRESS_LUA = `
local function addressOf(book, id, read, lease, seconds, epoch)
  local state = redis.call('HMGET', book, 'epoch', 'changing')
  if state[1] ~= epoch and not state[2] then redis.call('DEL', book) end
  if read ~= '' then
    if redis.call('HGET', book, 'lease') == lease then
      redis.call('HDEL', book, 'lease')
      redis.call('HSET', book, id, read, 'epoch', epoch)
      redis.call('EXPIRE', book, seconds)
    end
    return read
  end
  local kept = redis.call('HGET', book, id)
  if not kept and redis.call('HEXISTS', book, 'changing') == 0 then
    local fresh = redis.call('EXISTS', book) == 0
    redis.call('HSET', book, 'lease', lease, 'epoch', epoch)
    if fresh then redis.call('EXPIRE', book, ${LEASE_SECONDS}) end
  end
  return kept
end
`

/** KEYS: book. ARGV: seconds after which the change is taken to have died. */
const BEGIN = `
local changing = redis.call('HGET', KEYS[1], 'changing') or 0
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'changing', changing + 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1`

const END = `
if redis.call('HINCRBY', KEYS[1], 'changing', -1) <= 0 then redis.call('DEL', KEYS[1]) end
return 1`

/**
 * The addresses that Redis keeps for orders. An order never gets an address from before a change that
 * was answered: docs/decisions/0023-hot-skus.md.
 */
export function createAddressBook(redis: RedisClient) {
  const begin = script<number>(redis, BEGIN)
  const end = script<number>(redis, END)
  return {
    /**
     * Runs a change of a user's addresses; while it runs, orders read addresses from the database.
     * @param untold runs the change where Redis can't be told of it, or refuses to with what it is given
     * @throws what the change throws
     */
    async change<T>(
      userId: string,
      work: () => Promise<T>,
      untold: (error: unknown) => Promise<T>,
    ): Promise<T> {
      // Where an end is lost, or not known to be one, orders read the database until CHANGE_SECONDS.
      const settle = () => end([bookKey(userId)], []).catch(() => undefined)
      try {
        await begin([bookKey(userId)], [CHANGE_SECONDS])
      } catch (error) {
        return untold(error)
      }
      try {
        const result = await work()
        await settle()
        return result
      } catch (error) {
        if (!isOutage(error)) await settle()
        throw error
      }
    },
  }
}

export type AddressBook = ReturnType<typeof createAddressBook>
