import { createLocalJWKSet, importJWK, type JSONWebKeySet, type JWK } from 'jose'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'

/** Ed25519 signatures (RFC 8037); the only algorithm that is ever accepted. */
export const ALGORITHM = 'EdDSA'

type Keys = {
  /** Signs new tokens. */
  signing: ReturnType<typeof importJWK>
  kid: string
  /** Finds the key of a token by the `kid` in its header. */
  verifying: ReturnType<typeof createLocalJWKSet>
  /** What everybody may know. */
  published: JSONWebKeySet
}

const isPublicMember = ([name]: [string, unknown]) => name !== 'd'

/** The keys of JWT_KEYS, imported once per cold start. */
export const tokenKeys = once((): Keys => {
  const all = settings().JWT_KEYS.keys
  const published: JSONWebKeySet = {
    keys: all.map((key) => ({
      ...(Object.fromEntries(Object.entries(key).filter(isPublicMember)) as JWK),
      alg: ALGORITHM,
      use: 'sig',
    })),
  }
  const [first] = all
  if (first === undefined) throw new Error('JWT_KEYS holds no key')
  return {
    signing: importJWK(first as JWK, ALGORITHM),
    kid: first.kid,
    verifying: createLocalJWKSet(published),
    published,
  }
})
