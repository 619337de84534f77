import { createMemory } from '../cache/memory.ts'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { type RedisClient, redis } from '../redis/client.ts'
import { script } from '../redis/script.ts'

/** What was seen of the replica counts for this long, and it may be this far behind; in milliseconds. */
export const FRESH_MILLIS = 10_000
/** Longer than FRESH_MILLIS: where a mark has ended, a replica without that write is too far behind. */
const MARK_MILLIS = 60_000
/** Time between two heartbeats, over all containers; and while the replica is away, or far behind. */
const BEAT_MILLIS = 500
const AWAY_MILLIS = 5_000
/** An address may stand for several replicas: by how much another may be behind the one that was seen. */
const SPREAD_MILLIS = 1_000
const REMEMBER_COUNT = 1_000

const markKey = (userId: string) => `replica:wrote:${userId}`
/** Hash of what is one for all replicas: `since` when marks are complete, the last `beat` given out. */
export const STATE = 'replica:state'
/** Where a region's replica was when it was last seen. */
const positionKey = (region: string) => `replica:position:${region}`
/** There while no heartbeat is due to that region's containers, who look at its replica. */
const pauseKey = (region: string) => `replica:pause:${region}`

const NOW_LUA = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * Marks are taken after the commit, and a mark is never below a heartbeat that was given out before it:
 * so a heartbeat above a mark was begun after that commit, whatever Redis's clock does.
 * KEYS: state, marks… ARGV: ms that marks live.
 */
const MARK = `${NOW_LUA}
local mark = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'beat') or 0))
for i = 2, #KEYS do redis.call('SET', KEYS[i], mark, 'PX', ARGV[1]) end
return 1`

/**
 * Whether the replica has a user's last write, and the next heartbeat, to whoever asks first when one is
 * due. Where the state is gone, so may marks be: nothing is read from the replica until it has all that
 * was written by then.
 * KEYS: mark, state, pause, position. ARGV: ms that the state counts, spread in ms, ms to the next heartbeat.
 * Returns 1 or 0, the heartbeat or 0, and the one before it.
 */
const ASK = `${NOW_LUA}
local state = redis.call('HMGET', KEYS[2], 'since', 'beat')
local since, beat = tonumber(state[1]), tonumber(state[2] or 0)
local position = tonumber(redis.call('GET', KEYS[4]) or 0)
if not since then
  since = math.max(now, beat)
  redis.call('HSET', KEYS[2], 'since', since)
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
local mark = math.max(since, tonumber(redis.call('GET', KEYS[1]) or 0))
local caughtUp = position > mark + ARGV[2] and position > now - ARGV[1]
local next = 0
if redis.call('SET', KEYS[3], '', 'NX', 'PX', ARGV[3]) then
  next = math.max(now, beat + 1)
  redis.call('HSET', KEYS[2], 'beat', next)
end
return {caughtUp and 1 or 0, next, beat}`

/**
 * Tells all containers of a region how far its replica is. KEYS: state, pause, position. ARGV: position, or
 * nothing where it did not answer; ms that it counts; ms until somebody is to look again, or 0 for the usual
 * time.
 */
const SAW = `
if ARGV[1] == '' then redis.call('DEL', KEYS[3])
else
  redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if ARGV[3] ~= '0' then redis.call('SET', KEYS[2], '', 'PX', ARGV[3]) end
return 1`

export type Asked = {
  /** Whether the replica has the user's last write, and all others up to some seconds ago. */
  caughtUp: boolean
  /** A heartbeat for the caller to write, and the one before it; left out where none is due. */
  beat?: { position: number; before: number }
}

export type Positions = {
  /** Notes that something of these users was written. Call after the commit. @throws Unavailable */
  mark(userIds: readonly string[]): Promise<void>
  /** @throws Unavailable */
  ask(userId: string): Promise<Asked>
  /**
   * Says how far the replica was when it was asked last.
   * @param position undefined where it did not answer: then nobody reads from it until it does
   * @param away whether to look at it less often
   * @throws Unavailable
   */
  saw(position: number | undefined, away: boolean): Promise<void>
}

/**
 * What all containers know together of users' last writes, and those of one region of its replica: kept in
 * Redis, in its time. See docs/decisions/0021-reads-and-writes-split.md; of regions, 0031-two-regions.md.
 * @param region whose containers read from one replica, which may be behind another's
 */
export function createPositions(
  redis: RedisClient,
  region: string,
  { spreadMillis = SPREAD_MILLIS, beatMillis = BEAT_MILLIS, awayMillis = AWAY_MILLIS } = {},
): Positions {
  const [pause, position] = [pauseKey(region), positionKey(region)]
  const mark = script<number>(redis, MARK)
  const ask = script<[caughtUp: number, beat: number, before: number]>(redis, ASK)
  const saw = script<number>(redis, SAW)
  /** Whom this container has marked so lately that the answer is known. */
  const marked = createMemory<true>(REMEMBER_COUNT, () => performance.now())

  return {
    async mark(userIds) {
      if (userIds.length === 0) return
      const until = performance.now() + spreadMillis
      for (const userId of userIds) marked.set(userId, true, until)
      await mark([STATE, ...userIds.map(markKey)], [MARK_MILLIS])
    },

    async ask(userId) {
      if (marked.get(userId) === true) return { caughtUp: false }
      const [caughtUp, beat, before] = await ask(
        [markKey(userId), STATE, pause, position],
        [FRESH_MILLIS, spreadMillis, beatMillis],
      )
      const asked = { caughtUp: caughtUp === 1 }
      return beat === 0 ? asked : { ...asked, beat: { position: beat, before } }
    },

    async saw(at, away) {
      await saw([STATE, pause, position], [at ?? '', FRESH_MILLIS, away ? awayMillis : 0])
    },
  }
}

export const positions = /* @__PURE__ */ once(() => createPositions(redis(), settings().AWS_REGION))

/** {@link Positions.mark}, or nothing where there is no replica that anybody could read from. */
export const mark = /* @__PURE__ */ once((): Positions['mark'] =>
  settings().DATABASE_REPLICA_URL === undefined ? async () => {} : positions().mark,
)
