import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createMemory } from '../cache/memory.ts'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { NotSignedIn, SessionEnded } from '../errors/standard.ts'
import { redis } from '../redis/client.ts'
import { script } from '../redis/script.ts'
import { CREATE, END, END_ALL, LIST, ROTATE } from './session-scripts.ts'

/** How long a container believes that a session lives, in milliseconds: the revocation delay. */
const REMEMBER_MILLIS = 4_000
const REMEMBER_COUNT = 10_000
const DAY_SECONDS = 86_400

/**
 * For how long no session is opened for a closed account, in seconds: a sign-in that found the account
 * before it was closed is over by then, since no invocation lives longer than Lambda's 15 minutes.
 */
const CLOSED_SECONDS = 1_800

const sessionKey = (id: string) => `session:token:${id}`
/** What the last refresh token was used for, during the grace: its hash, and its successor's salt. */
const successorKey = (id: string) => `session:successor:${id}`
const userKey = (userId: string) => `session:user:${userId}`
const closedKey = (userId: string) => `session:closed:${userId}`
const hash = (secret: string) => createHash('sha256').update(secret).digest('base64url')
const random = (bytes: number) => randomBytes(bytes).toString('base64url')

const create = /* @__PURE__ */ once(() => script<number>(redis(), CREATE))
const rotate = /* @__PURE__ */ once(() => script<Rotated | 'unknown' | null>(redis(), ROTATE))
const list = /* @__PURE__ */ once(() =>
  script<[id: string, device: string, createdAt: string][]>(redis(), LIST),
)
const end = /* @__PURE__ */ once(() => script<number>(redis(), END))
const endAll = /* @__PURE__ */ once(() => script<string[]>(redis(), END_ALL))
const alive = createMemory<true>(REMEMBER_COUNT, () => performance.now())

type Rotated = [userId: string, salt: string]
export type OpenedSession = { sessionId: string; refreshToken: string }
/** A refresh token is `sessionId.family.secret`: the family stays, the secret is used once. */
type Parts = { sessionId: string; family: string; secret: string }

const lifetime = () => settings().SESSION_DAYS * DAY_SECONDS

/**
 * Opens a session for a user.
 * @param device what the client calls itself, for the user's list of devices
 * @throws SessionEnded where the account was closed meanwhile
 */
export async function openSession(userId: string, device: string): Promise<OpenedSession> {
  const parts = { sessionId: random(16), family: random(16), secret: random(32) }
  const { sessionId, family, secret } = parts
  const opened = await create()(
    [sessionKey(sessionId), userKey(userId), closedKey(userId)],
    [userId, hash(family), hash(secret), Date.now(), device.slice(0, 120), lifetime(), sessionId],
  )
  if (opened === 0) throw new SessionEnded()
  return { sessionId, refreshToken: tokenOf(parts) }
}

const tokenOf = ({ sessionId, family, secret }: Parts) => `${sessionId}.${family}.${secret}`

const NOT_OURS = 'the refresh token is not valid: sign in again'

function partsOf(refreshToken: string): Parts {
  const [, sessionId, family, secret] =
    /^([\w-]{22})\.([\w-]{22})\.([\w-]{43})$/.exec(refreshToken) ?? []
  if (sessionId === undefined || family === undefined || secret === undefined)
    throw new NotSignedIn(undefined, { message: NOT_OURS })
  return { sessionId, family, secret }
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
 * The secret after a secret. Who repeats a refresh gets the same one again, though Redis holds only
 * its hash; and who has an old secret can't work out the later ones, since their salts are gone.
 */
const successorOf = (secret: string, salt: string) =>
  createHmac('sha256', secret).update(salt).digest('base64url')

/**
 * Uses up a refresh token and hands out the next one: the same one again for REFRESH_GRACE_SECONDS,
 * as long as that was not used itself, since the answer may have been lost. See
 * docs/decisions/0014-refresh-grace.md.
 * @throws NotSignedIn where it is no refresh token of ours; SessionEnded where the session is over,
 *   and where this token was used up before: then somebody else has it, and the session ends for both
 */
export async function rotateSession(refreshToken: string): Promise<OpenedSession> {
  const { sessionId, family, secret } = partsOf(refreshToken)
  const salt = random(16)
  const rotated = await rotate()(
    [sessionKey(sessionId), successorKey(sessionId)],
    [
      hash(family),
      hash(secret),
      hash(successorOf(secret, salt)),
      salt,
      settings().REFRESH_GRACE_SECONDS,
      lifetime(),
      userKey(''),
      sessionId,
    ],
  )
  if (rotated === null) throw new SessionEnded()
  if (rotated === 'unknown') throw new NotSignedIn(undefined, { message: NOT_OURS })
  const next = successorOf(secret, rotated[1])
  return { sessionId, refreshToken: tokenOf({ sessionId, family, secret: next }) }
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
  alive.delete(sessionId)
  return (
    (await end()(
      [sessionKey(sessionId), userKey(userId), successorKey(sessionId)],
      [userId, sessionId],
    )) === 1
  )
}

async function endEach(userId: string, closedSeconds: number): Promise<void> {
  const ended = await endAll()(
    [userKey(userId), closedKey(userId)],
    [sessionKey(''), successorKey(''), closedSeconds],
  )
  for (const sessionId of ended) alive.delete(sessionId)
}

/** Ends all sessions of a user, as {@link endSession} does. */
export async function endSessions(userId: string): Promise<void> {
  await endEach(userId, 0)
}

/** Ends all sessions of a user whose account is gone; a sign-in on its way opens none any more. */
export async function closeSessions(userId: string): Promise<void> {
  await endEach(userId, CLOSED_SECONDS)
}

/** @returns whether the session lives; asks Redis at most every few seconds per container */
export async function isSessionAlive(sessionId: string): Promise<boolean> {
  if (alive.get(sessionId) === true) return true
  // Before the question: from then on the session may have ended.
  const asked = performance.now()
  if ((await redis().exists(sessionKey(sessionId))) === 0) return false
  alive.set(sessionId, true, asked + REMEMBER_MILLIS)
  return true
}
