import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../redis/client.ts'
import { script } from '../redis/script.ts'
import { drawEarliness } from './early.ts'

/** Longest time that a reader holds a lease, in milliseconds: then the next one may load. */
export const LEASE_MILLIS = 3_000

/** What one read found of one entry. */
export type Reading = {
  id: string
  /** The entry's JSON, '' where the source has none; undefined where there is no entry. */
  text: string | undefined
  /** Its time is over, or as good as. */
  due: boolean
  /** This reader has the lease: it is the one to load the entry and fill it in. */
  leased: boolean
}

export type Filling = {
  id: string
  /** '' where the source has none. */
  text: string
  /** How long loading it took, in milliseconds. */
  loadMillis: number
  /** Until it is due, in milliseconds. */
  freshMillis: number
  /** Until it goes, in milliseconds. */
  keepMillis: number
}

/** The tier that all containers share. Every method rejects where Redis does not answer. */
export type Remote = {
  /** A new name for a reader, by which it holds leases. */
  newReader(): string
  /** Reads entries, and leases those that are missing or due and leased to nobody. */
  read(ids: readonly string[], reader: string): Promise<Reading[]>
  /** @returns which of the entries are now as given: only where the reader still had its lease */
  fill(fillings: readonly Filling[], reader: string): Promise<boolean[]>
  /** Gives leases back unused, so that the next reader need not wait for their end. */
  release(ids: readonly string[], reader: string): Promise<void>
  /** Ends entries and leases. */
  remove(ids: readonly string[]): Promise<void>
  /** Ends all entries and leases under the tag. */
  removeAll(): Promise<void>
}

/**
 * An entry is a hash: `text`, `tag` (what the tag was), `fresh` (when it is due), `took` (milliseconds
 * to load it), and while somebody loads it `lease`, `leaseEnd`, `leaseTag`. So to delete the key is to
 * end the value and the lease at once. All times are of Redis's clock: those of containers differ.
 *
 * KEYS: the tag, then entries. ARGV: the reader, the length of a lease, the earliness drawn.
 * Replies per entry: its text or nil, 1 where it is due, 1 where the reader has the lease.
 */
const READ = `
local reader, leaseMillis, earliness = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A tag that is lost comes back as one that never was: what was filled under the lost one stays dead.
local tag = redis.call('GET', KEYS[1])
if not tag then
  tag = reader
  redis.call('SET', KEYS[1], tag)
end
local reply = {}
for i = 2, #KEYS do
  local key = KEYS[i]
  local entry = redis.call('HMGET', key, 'text', 'tag', 'fresh', 'took', 'lease', 'leaseEnd', 'leaseTag')
  local text = entry[2] == tag and entry[1]
  local due = not text or now + entry[4] * earliness >= tonumber(entry[3])
  local taken = entry[5] and entry[7] == tag and now < tonumber(entry[6])
  local leased = due and not taken
  if leased then
    if not text then redis.call('DEL', key) end
    redis.call('HSET', key, 'lease', reader, 'leaseEnd', now + leaseMillis, 'leaseTag', tag)
    if not text then redis.call('PEXPIRE', key, leaseMillis) end
  end
  table.insert(reply, text)
  table.insert(reply, due and 1 or 0)
  table.insert(reply, leased and 1 or 0)
end
return reply`

/**
 * KEYS: the tag, then entries. ARGV: the reader, then per entry text, took, milliseconds to be fresh
 * and to be kept; kept for 0: the lease is only given back. Replies 1 per entry that was filled.
 */
const FILL = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tag = redis.call('GET', KEYS[1])
local reply = {}
for i = 2, #KEYS do
  local key = KEYS[i]
  local lease = redis.call('HMGET', key, 'lease', 'leaseTag')
  local mine = lease[1] == ARGV[1] and lease[2] == tag
  local at = i * 4 - 6
  if mine then
    redis.call('DEL', key)
    if tonumber(ARGV[at + 3]) > 0 then
      redis.call('HSET', key, 'text', ARGV[at], 'tag', tag, 'took', ARGV[at + 1],
        'fresh', now + ARGV[at + 2])
      redis.call('PEXPIRE', key, ARGV[at + 3])
    end
  end
  table.insert(reply, mine and 1 or 0)
end
return reply`

/**
 * The tier in Redis.
 * @param name entries have the keys `cache:{name}:{id}`
 * @param tag the key `tag:{tag}` holds what entries must have been filled under to count
 */
export function createRemote(
  redis: RedisClient,
  { name, tag, random }: { name: string; tag: string; random?: () => number },
): Remote {
  const readEntries = script<(string | number | null)[]>(redis, READ)
  const fillEntries = script<number[]>(redis, FILL)
  const tagKey = `tag:${tag}`
  const keyOf = (id: string) => `cache:${name}:${id}`
  const keysOf = (ids: readonly string[]) => [tagKey, ...ids.map(keyOf)]

  async function fill(fillings: readonly Filling[], reader: string): Promise<boolean[]> {
    if (fillings.length === 0) return []
    const whole = Math.round
    const reply = await fillEntries(keysOf(fillings.map(({ id }) => id)), [
      reader,
      ...fillings.flatMap(({ text, loadMillis, freshMillis, keepMillis }) => [
        text,
        whole(loadMillis),
        whole(freshMillis),
        whole(keepMillis),
      ]),
    ])
    return reply.map((filled) => filled === 1)
  }

  return {
    newReader: randomUUID,
    async read(ids, reader) {
      const reply = await readEntries(keysOf(ids), [reader, LEASE_MILLIS, drawEarliness(random)])
      return ids.map((id, index) => {
        const [text, due, leased] = reply.slice(index * 3, index * 3 + 3)
        return {
          id,
          text: typeof text === 'string' ? text : undefined,
          due: due === 1,
          leased: leased === 1,
        }
      })
    },
    fill,
    async release(ids, reader) {
      const nothing = { text: '', loadMillis: 0, freshMillis: 0, keepMillis: 0 }
      await fill(
        ids.map((id) => ({ id, ...nothing })),
        reader,
      )
    },
    async remove(ids) {
      if (ids.length > 0) await redis.del(...ids.map(keyOf))
    },
    async removeAll() {
      await redis.set(tagKey, randomUUID())
    },
  }
}
