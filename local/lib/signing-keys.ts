import { newRing } from './key-ring.ts'

/** A new private Ed25519 key as JWT_KEYS wants it: a JWK set with one key. */
export function newSigningKeys(): string {
  return JSON.stringify(newRing(Math.floor(Date.now() / 1000)))
}
