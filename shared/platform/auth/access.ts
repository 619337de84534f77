import { errors, jwtVerify, SignJWT } from 'jose'
import { settings } from '../config/index.ts'
import { NotSignedIn, SessionEnded, TokenExpired } from '../errors/standard.ts'
import type { Identity } from './identity.ts'
import { ALGORITHM, tokenKeys } from './keys.ts'
import { isSessionAlive } from './sessions.ts'

/** The header's `typ` of access tokens (RFC 9068), so that no other token passes for one. */
const TYPE = 'at+jwt'

/**
 * Makes an access token.
 * @returns a JWT good for ACCESS_TOKEN_SECONDS
 */
export async function signAccess({ id, role, sessionId }: Identity): Promise<string> {
  const { JWT_ISSUER, JWT_AUDIENCE, ACCESS_TOKEN_SECONDS } = settings()
  const { signing, kid } = tokenKeys()
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
 * @throws NotSignedIn where it is not a token of ours, TokenExpired, SessionEnded
 */
export async function verifyAccess(token: string): Promise<Identity> {
  const identity = await verifySignature(token)
  if (!(await isSessionAlive(identity.sessionId))) throw new SessionEnded()
  return identity
}

async function verifySignature(token: string): Promise<Identity> {
  const { JWT_ISSUER, JWT_AUDIENCE } = settings()
  try {
    const { payload } = await jwtVerify(token, tokenKeys().verifying, {
      algorithms: [ALGORITHM],
      issuer: JWT_ISSUER,
      audience: JWT_AUDIENCE,
      typ: TYPE,
      requiredClaims: ['sub', 'sid', 'role', 'exp', 'iat'],
    })
    return {
      id: String(payload.sub),
      role: payload.role === 'admin' ? 'admin' : 'user',
      sessionId: String(payload.sid),
    }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new TokenExpired(undefined, { cause: error })
    throw new NotSignedIn(undefined, { cause: error })
  }
}
