import { errors, jwtVerify, SignJWT } from 'jose'
import { settings } from '../config/index.ts'
import { NotSignedIn, SessionEnded, TokenExpired, Unavailable } from '../errors/standard.ts'
import type { Identity } from './identity.ts'
import { ALGORITHM, areKeysStale, currentKeys, tokenKeys } from './keys.ts'
import { isSessionAlive } from './sessions.ts'

/** The header's `typ` of access tokens (RFC 9068), so that no other token passes for one. */
const TYPE = 'at+jwt'

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
    .sign(await signing)
}

/**
 * Checks an access token and that its session still lives.
 * @throws NotSignedIn where it is not a token of ours, TokenExpired, SessionEnded; Unavailable where
 *   nobody can tell
 */
export async function verifyAccess(token: string): Promise<Identity> {
  const identity = await verifySignature(token)
  if (!(await isSessionAlive(identity.sessionId))) throw new SessionEnded()
  return identity
}

async function verifySignature(token: string): Promise<Identity> {
  const { JWT_ISSUER, JWT_AUDIENCE } = settings()
  const verify = ({ verifying }: Awaited<ReturnType<typeof tokenKeys>>) =>
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
    return {
      id: String(payload.sub),
      role: payload.role === 'admin' ? 'admin' : 'user',
      sessionId: String(payload.sid),
    }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new TokenExpired(undefined, { cause: error })
    if (error instanceof errors.JWKSNoMatchingKey && areKeysStale()) {
      throw Unavailable.because('signing keys', error)
    }
    throw new NotSignedIn(undefined, { cause: error })
  }
}
