import { createHash, randomBytes } from 'node:crypto'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { NotSignedIn, SessionEnded } from '../errors/standard.ts'
import { redis } from '../redis/client.ts'
import { script } from '../redis/script.ts'

/** How long a container believes that a session lives, in milliseconds: the revocation delay. */
const REMEMBER_MILLIS = 4_000
const REMEMBER_COUNT = 10_000
const DAY_SECONDS = 86_400

const sessionKey = (id: string) => `session:token:${id}`
/** Hashes of a session's refresh tokens that are used up. */
const usedKey = (id: string) => `session:used:${id}`
const userKey = (userId: string) => `session:user:${userId}`
const hash = (secret: string) => createHash('sha256').update(secret).digest('base64url')
const random = (bytes: number) => randomBytes(bytes).toString('base64url')

/** A session as Redis holds it: the refresh token only as a hash. */
const CREATE = `
redis.call('HSET', KEYS[1], 'userId', ARGV[1], 'refresh', ARGV[2], 'createdAt', ARGV[3], 'device', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1`

/**
 * Compare and swap of the refresh token. One that was used before ends the session; one that never
 * was ours changes nothing, since whoever knows a session's id could end it with a guess.
 * KEYS: session, used hashes. Returns the user's id, 'unknown', or nothing where the session is over.
 */
const ROTATE = `
local current = redis.call('HGET', KEYS[1], 'refresh')
if not current then return false end
local userId = redis.call('HGET', KEYS[1], 'userId')
if current ~= ARGV[1] then
  if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then return 'unknown' end
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('ZREM', ARGV[4] .. userId, ARGV[5])
  return false
end
redis.call('HSET', KEYS[1], 'refresh', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('EXPIRE', ARGV[4] .. userId, ARGV[3])
return userId`

/** Sessions that have ended by themselves leave the user's list here. */
const LIST = `
local sessions = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local session = redis.call('HMGET', ARGV[1] .. id, 'device', 'createdAt')
  if session[2] then sessions[#sessions + 1] = {id, session[1], session[2]}
  else redis.call('ZREM', KEYS[1], id) end
end
return sessions`

/** Only the user's own: the id alone opens nothing. */
const END = `
if redis.call('HGET', KEYS[1], 'userId') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1`

const create = once(() => script<number>(redis(), CREATE))
const rotate = once(() => script<string | null>(redis(), ROTATE))
const list = once(() => script<[id: string, device: string, createdAt: string][]>(redis(), LIST))
const end = once(() => script<number>(redis(), END))
const aliveUntil = new Map<string, number>()

export type OpenedSession = { sessionId: string; refreshToken: string }

const lifetime = () => settings().SESSION_DAYS * DAY_SECONDS

/**
 * Opens a session for a user.
 * @param device what the client calls itself, for the user's list of devices
 */
export async function openSession(userId: string, device: string): Promise<OpenedSession> {
  const sessionId = random(16)
  const secret = random(32)
  await create()(
    [sessionKey(sessionId), userKey(userId)],
    [userId, hash(secret), Date.now(), device.slice(0, 120), lifetime(), sessionId],
  )
  return { sessionId, refreshToken: `${sessionId}.${secret}` }
}

function partsOf(refreshToken: string): { sessionId: string; secret: string } {
  const [, sessionId, secret] = /^([\w-]{22})\.([\w-]{43})$/.exec(refreshToken) ?? []
  if (sessionId === undefined || secret === undefined) throw new NotSignedIn()
  return { sessionId, secret }
}

/**
 * Finds out whose session a refresh token is of, without using it up and without saying whether it
 * is the right one: that only {@link rotateSession} does.
 * @returns the user's id
 * @throws NotSignedIn where it is no refresh token of ours; SessionEnded
 */
export async function ownerOf(refreshToken: string): Promise<string> {
  const { sessionId } = partsOf(refreshToken)
  const userId = await redis().hget<string>(sessionKey(sessionId), 'userId')
  if (userId === null) throw new SessionEnded()
  return userId
}

/**
 * Uses up a refresh token and hands out the next one.
 * @throws NotSignedIn where it is no refresh token of ours; SessionEnded where the session is over,
 *   and where this token was used before: then somebody else has it, and the session ends for both
 */
export async function rotateSession(refreshToken: string): Promise<OpenedSession> {
  const { sessionId, secret: presented } = partsOf(refreshToken)
  const secret = random(32)
  const userId = await rotate()(
    [sessionKey(sessionId), usedKey(sessionId)],
    [hash(presented), hash(secret), lifetime(), userKey(''), sessionId],
  )
  if (userId === null) throw new SessionEnded()
  if (userId === 'unknown') throw new NotSignedIn()
  return { sessionId, refreshToken: `${sessionId}.${secret}` }
}

export type SessionInfo = { id: string; device: string; createdAt: number }

/** @returns a user's living sessions, the newest first */
export async function sessionsOf(userId: string): Promise<SessionInfo[]> {
  const rows = await list()([userKey(userId)], [sessionKey('')])
  return rows.map(([id, device, createdAt]) => ({ id, device, createdAt: Number(createdAt) }))
}

/**
 * Ends a session: its tokens stop working here at once, elsewhere within the revocation delay.
 * @returns false where the user has no such session
 */
export async function endSession(userId: string, sessionId: string): Promise<boolean> {
  aliveUntil.delete(sessionId)
  return (
    (await end()(
      [sessionKey(sessionId), userKey(userId), usedKey(sessionId)],
      [userId, sessionId],
    )) === 1
  )
}

/** @returns whether the session lives; asks Redis at most every few seconds per container */
export async function isSessionAlive(sessionId: string): Promise<boolean> {
  const now = performance.now()
  if ((aliveUntil.get(sessionId) ?? 0) > now) return true
  if ((await redis().exists(sessionKey(sessionId))) === 0) return false
  aliveUntil.delete(sessionId)
  if (aliveUntil.size >= REMEMBER_COUNT) {
    const [oldest] = aliveUntil.keys()
    if (oldest !== undefined) aliveUntil.delete(oldest)
  }
  aliveUntil.set(sessionId, now + REMEMBER_MILLIS)
  return true
}
