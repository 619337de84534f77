import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../errors/standard.ts'
import type { RedisClient } from '../redis/client.ts'
import { script } from '../redis/script.ts'
import { describeError, log } from '../telemetry/log.ts'
import { callDeadline } from '../telemetry/scope.ts'

/** How long a container believes its own copy, so that most calls ask nobody. */
const LOCAL_MILLIS = 60_000
/** A token is not used in its last seconds: a call takes its time. */
const SPARE_MILLIS = 10_000
/**
 * WeChat hands out a new token within the last 300 s of the old one, and then both are good: late
 * enough to get a new one, early enough that nobody ever waits for it.
 */
const RENEW_MILLIS = 275_000
/** Longer than the refresher can take; a refresher that died is replaced after it. */
const LEASE_MILLIS = 10_000
/** After a refresh that failed, the next one waits this long. */
const BACK_OFF_MILLIS = 1_000
const WAIT_MILLIS = 5_000
const POLL_MILLIS = 50
/** WeChat allows 20 forced refreshes a day, and ignores those within 30 s of each other. */
const FORCE_SECONDS = 300

/** A token as WeChat gives it. */
export type IssuedToken = { token: string; seconds: number }

export type TokenDeps = {
  redis: RedisClient
  /** Whose token: part of the keys in Redis. */
  appId: string
  /** Asks WeChat; `force` makes it issue a new token and end the old one. */
  issue(force: boolean): Promise<IssuedToken>
}

export type AccessToken = {
  /** @returns a token that should be good. @throws Unavailable */
  get(): Promise<string>
  /**
   * Call where WeChat refused a token.
   * @returns another one. @throws Unavailable where there is none to be had
   */
  replace(refused: string): Promise<string>
}

/** The token that is good and its time left, and whether the caller is the one who refreshes. */
const LOOK = `
local token, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
if not token or token == ARGV[1] then token, left = '', 0 end
local mine = 0
if left <= tonumber(ARGV[4]) and redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then
  mine = 1
end
return {token, left, mine}`

const FILL = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1`

const BACK_OFF = `
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
return 1`

/**
 * The app's access token, shared by all instances through Redis. Whoever finds it missing, near its
 * end or refused takes a lease and refreshes it; the others use the old one while it is good, or wait
 * for the new one. Without Redis each container asks WeChat, which gives them all the same token.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export function createAccessToken({ redis, appId, issue }: TokenDeps): AccessToken {
  const key = `wechat:token:${appId}`
  const keys = [key, `${key}:lease`]
  const look = script<[token: string, leftMillis: number, mine: number]>(redis, LOOK)
  const fill = script<number>(redis, FILL)
  const backOff = script<number>(redis, BACK_OFF)
  let local: { token: string; until: number } | undefined
  const pending = new Map<string, Promise<string>>()

  function keep(token: string, leftMillis: number): string {
    local = { token, until: Date.now() + Math.min(leftMillis, LOCAL_MILLIS) }
    return token
  }

  const leftOf = ({ seconds }: IssuedToken) => Math.max(1, seconds * 1000 - SPARE_MILLIS)

  /** @returns what WeChat issues, forced only where WeChat gives back the one that it refuses */
  async function newToken(refused: string): Promise<IssuedToken> {
    const issued = await issue(false)
    if (issued.token !== refused) return issued
    const free = await redis.set(`${key}:forced`, '1', { nx: true, ex: FORCE_SECONDS })
    if (free === null) {
      throw Unavailable.because('wechat', new Error('refuses a token that was forced just now'))
    }
    log.warn('access token forced anew: WeChat refuses the one that it gives out')
    return issue(true)
  }

  async function refresh(refused: string, lease: string): Promise<string> {
    try {
      const issued = await newToken(refused)
      await fill(keys, [lease, issued.token, leftOf(issued)])
      return keep(issued.token, leftOf(issued))
    } catch (error) {
      await backOff(keys, [lease, BACK_OFF_MILLIS]).catch(() => {})
      throw error
    }
  }

  async function shared(refused: string): Promise<string> {
    const lease = randomUUID()
    const enough = callDeadline(WAIT_MILLIS)
    for (;;) {
      const [token, left, mine] = await look(keys, [refused, lease, LEASE_MILLIS, RENEW_MILLIS])
      if (mine === 1) {
        return refresh(refused, lease).catch((error) => {
          if (token === '') throw error
          log.warn('access token not renewed', { error: describeError(error) })
          return keep(token, left)
        })
      }
      if (token !== '') return keep(token, left)
      if (enough.aborted) {
        throw Unavailable.because('wechat', new Error('no access token in time'))
      }
      await sleep(POLL_MILLIS)
    }
  }

  async function withoutRedis(refused: string): Promise<string> {
    const issued = await issue(false)
    if (issued.token === refused) {
      throw Unavailable.because('wechat', new Error('refuses the token that it gives out'))
    }
    return keep(issued.token, leftOf(issued))
  }

  /** One look at Redis for all calls of this container that want the same. */
  function find(refused: string): Promise<string> {
    let finding = pending.get(refused)
    if (finding === undefined) {
      finding = shared(refused)
        .catch((error) => {
          if (!isRedisOutage(error)) throw error
          log.warn('access token not shared', { error: describeError(error) })
          return withoutRedis(refused)
        })
        .finally(() => pending.delete(refused))
      pending.set(refused, finding)
    }
    return finding
  }

  const usable = (refused: string) =>
    local !== undefined && local.until > Date.now() && local.token !== refused

  return {
    get: async () => (local !== undefined && usable('') ? local.token : find('')),
    replace: async (refused) =>
      local !== undefined && usable(refused) ? local.token : find(refused),
  }
}

function isRedisOutage(error: unknown): boolean {
  return error instanceof Unavailable && /^redis /.test((error.cause as Error).message)
}
