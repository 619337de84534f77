import { createLocalJWKSet, importJWK, type JSONWebKeySet, type JWK } from 'jose'
import { rereadSecret, type Settings, settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { parseSetting } from '../config/settings.ts'
import { Unavailable } from '../errors/standard.ts'
import { describeError, log } from '../telemetry/log.ts'

/** Ed25519 signatures (RFC 8037); the only algorithm that is ever accepted. */
export const ALGORITHM = 'EdDSA'
/** For how long verifiers may keep our public keys, and containers all of them, before they ask again. */
export const KEYS_SECONDS = 300
/**
 * With a set that it could not read again for so long a container signs and publishes nothing: another
 * key may have taken over, and this one may soon be unknown.
 */
export const KEYS_LIMIT_SECONDS = 2_700
/** Shortest time between two reads, also for tokens of keys that nobody knows. */
const RETRY_MILLIS = 30_000

export type Keys = {
  /** Signs new tokens; imported when the first is signed, which few functions do. */
  signing: () => ReturnType<typeof importJWK>
  kid: string
  /** Finds the key of a token by the `kid` in its header. */
  verifying: ReturnType<typeof createLocalJWKSet>
  /** What everybody may know. */
  published: JSONWebKeySet
}

function keysOf({ keys: all }: Settings['JWT_KEYS']): Keys {
  const published: JSONWebKeySet = {
    keys: all.map(({ kty, crv, kid, x }) => ({ kty, crv, kid, x, alg: ALGORITHM, use: 'sig' })),
  }
  const [first] = all
  if (first === undefined) throw new Error('JWT_KEYS holds no key')
  return {
    signing: once(() => importJWK(first as JWK, ALGORITHM)),
    kid: first.kid,
    verifying: createLocalJWKSet(published),
    published,
  }
}

const isOlderThan = (seconds: number) => Date.now() - readAt > seconds * 1000

/** @returns whether a token of an unknown key may still be good: our own set may be behind */
export const areKeysStale = () => isOlderThan(KEYS_SECONDS)

// Settings are read at cold start, which may be long before the first token comes.
let readAt = Date.now()
let triedAt = 0
let held: Keys | undefined

/**
 * The keys of JWT_KEYS, for checking tokens. A container that lives on reads them again every {@link KEYS_SECONDS}, so that
 * a new set reaches all of them without a deployment; where that fails it goes on with what it has.
 * docs/runbooks/rotate-signing-keys.md rests on these times.
 * @param maxAgeMillis read them again where they are older; not more often than every 30 seconds
 */
export async function tokenKeys(maxAgeMillis = KEYS_SECONDS * 1000): Promise<Keys> {
  held ??= keysOf(settings().JWT_KEYS)
  const now = Date.now()
  if (now - readAt < maxAgeMillis || now - triedAt < RETRY_MILLIS) return held
  triedAt = now
  try {
    const text = await rereadSecret('JWT_KEYS')
    if (text !== undefined) held = keysOf(parseSetting('JWT_KEYS', text))
    readAt = now
  } catch (error) {
    log.warn('signing keys not read again', { error: describeError(error) })
  }
  return held
}

/** The same, for signing and publishing. @throws Unavailable beyond {@link KEYS_LIMIT_SECONDS} */
export async function currentKeys(): Promise<Keys> {
  const keys = await tokenKeys()
  if (isOlderThan(KEYS_LIMIT_SECONDS)) {
    throw Unavailable.because('signing keys', new Error('not read again for too long'))
  }
  return keys
}
