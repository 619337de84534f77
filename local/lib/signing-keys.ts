import { generateKeyPairSync, randomUUID } from 'node:crypto'

/** A new private Ed25519 key as JWT_KEYS wants it: a JWK set with one key. */
export function newSigningKeys(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return JSON.stringify({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID() }] })
}
