import { hash } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { createMemory } from '../cache/memory.ts'
import { settings } from '../config/index.ts'
import { isOutage } from '../errors/api-error.ts'
import { NotSignedIn, SessionEnded, TokenExpired, Unavailable } from '../errors/standard.ts'
import { describeError, log } from '../telemetry/log.ts'
import type { Identity } from './identity.ts'
import { ALGORITHM, areKeysStale, currentKeys, type Keys, tokenKeys } from './keys.ts'
import { isSessionAlive } from './sessions.ts'

/** The header's `typ` of access tokens (RFC 9068), so that no other token passes for one. */
const TYPE = 'at+jwt'

/** Tokens that this container has checked, by their hash, so that a dump of its memory holds none. */
const checked = createMemory<Identity>(10_000, () => Date.now())
let checkedBy: Keys | undefined

/**
 * Makes an access token.
 * @returns a JWT good for ACCESS_TOKEN_SECONDS
 * @throws Unavailable where the keys were not to be had for too long
 */
export async function signAccess({ id, role, sessionId }: Identity): Promise<string> {
  const { JWT_ISSUER, JWT_AUDIENCE, ACCESS_TOKEN_SECONDS } = settings()
  const { signing, kid } = await currentKeys()
  return new SignJWT({ role, sid: sessionId })
    .setProtectedHeader({ alg: ALGORITHM, kid, typ: TYPE })
    .setIssuer(JWT_ISSUER)
    .setAudience(JWT_AUDIENCE)
    .setSubject(id)
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_SECONDS}s`)
    .sign(await signing())
}

/**
 * Checks an access token and that its session still lives.
 * @param believe take the token's word where Redis can't tell: a session that was ended is then over when
 *   its token is (ACCESS_TOKEN_SECONDS), or when Redis is back
 * @throws NotSignedIn where it is not a token of ours, TokenExpired, SessionEnded; Unavailable where
 *   nobody can tell
 */
export async function verifyAccess(token: string, { believe = false } = {}): Promise<Identity> {
  const identity = await recognise(token)
  try {
    if (!(await isSessionAlive(identity.sessionId))) throw new SessionEnded()
  } catch (error) {
    if (!believe || !isOutage(error)) throw error
    log.warn('session not checked', { error: describeError(error) })
  }
  return identity
}

/** A token is checked once per container, until it expires or the keys change. */
async function recognise(token: string): Promise<Identity> {
  const keys = await tokenKeys()
  if (checkedBy !== keys) {
    // The key of some of them may have been taken out of use.
    checked.clear()
    checkedBy = keys
  }
  const key = hash('sha256', token, 'base64url')
  const known = checked.get(key)
  if (known !== undefined) return known
  const { identity, expiresAt } = await verifySignature(token)
  if (checkedBy === keys) checked.set(key, identity, expiresAt)
  return identity
}

type Verified = { identity: Identity; expiresAt: number }

async function verifySignature(token: string): Promise<Verified> {
  const { JWT_ISSUER, JWT_AUDIENCE } = settings()
  const verify = ({ verifying }: Keys) =>
    jwtVerify(token, verifying, {
      algorithms: [ALGORITHM],
      issuer: JWT_ISSUER,
      audience: JWT_AUDIENCE,
      typ: TYPE,
      requiredClaims: ['sub', 'sid', 'role', 'exp', 'iat'],
    })
  try {
    const { payload } = await verify(await tokenKeys()).catch(async (error) => {
      // A key that is newer than this container's set, perhaps.
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      return verify(await tokenKeys(0))
    })
    const identity: Identity = {
      id: String(payload.sub),
      role: payload.role === 'admin' ? 'admin' : 'user',
      sessionId: String(payload.sid),
    }
    return { identity, expiresAt: Number(payload.exp) * 1000 }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new TokenExpired(undefined, { cause: error })
    if (error instanceof errors.JWKSNoMatchingKey && areKeysStale()) {
      throw Unavailable.because('signing keys', error)
    }
    throw new NotSignedIn(undefined, { cause: error })
  }
}
