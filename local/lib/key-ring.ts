import { generateKeyPairSync, randomUUID } from 'node:crypto'

/**
 * A private signing key in JWT_KEYS. The times are seconds since 1970, as in tokens (RFC 7519).
 * - `iat`: made, and from then on to be published
 * - `nbf`: signs since then; missing where it never has
 * - `exp`: no token that it signed is good any more; missing where it signs, or never has
 */
export type SigningKey = {
  kty: 'OKP'
  crv: 'Ed25519'
  kid: string
  x: string
  d: string
  iat?: number
  nbf?: number
  exp?: number
}

/** JWT_KEYS: the first key signs, all are published and accepted. */
export type KeyRing = { keys: [SigningKey, ...SigningKey[]] }

/**
 * Seconds after which a change of the ring is known everywhere: a container uses a set that it could
 * not read again for at most 45 minutes (KEYS_LIMIT_SECONDS in shared/platform/auth/keys.ts), and a
 * verifier keeps what it got from one for five more (KEYS_SECONDS).
 */
export const SPREAD_SECONDS = 3_600
/** The longest life that ACCESS_TOKEN_SECONDS may give a token. */
const TOKEN_SECONDS = 3_600
/** Age at which `rotate` begins with a new key. */
export const ROTATE_DAYS = 30
const DAY = 86_400

/** There is nothing to take this step with. */
export class NoSuchStep extends Error {
  override readonly name = 'NoSuchStep'
}

/** The step would make tokens that are good be refused. */
export class TooEarly extends Error {
  override readonly name = 'TooEarly'
}

export const signerOf = ({ keys: [signer] }: KeyRing) => signer
const othersOf = ({ keys: [, ...others] }: KeyRing) => others
/** The key that is published and has not signed yet. */
export const nextOf = (ring: KeyRing) => othersOf(ring).find(({ nbf }) => nbf === undefined)
const retiringOf = (ring: KeyRing) => othersOf(ring).filter(({ nbf }) => nbf !== undefined)

export function newKey(now: number): SigningKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', kid: randomUUID(), x, d, iat: now }
}

/** A ring to begin with: one key, which signs. */
export function newRing(now: number): KeyRing {
  return { keys: [{ ...newKey(now), nbf: now }] }
}

/** Keys of rings that were made by other means have no times: they are taken to be old. */
const since = (time: number | undefined) => time ?? 0
const at = (seconds: number) =>
  new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')

/** When the next key may sign. */
export const promotableAt = (key: SigningKey) => since(key.iat) + SPREAD_SECONDS

/** Publishes a new key, which does not sign yet. @throws NoSuchStep where one waits already */
export function add(ring: KeyRing, now: number): KeyRing {
  const next = nextOf(ring)
  if (next !== undefined) throw new NoSuchStep(`key ${next.kid} waits already: promote it`)
  return { keys: [...ring.keys, newKey(now)] }
}

/**
 * Lets the next key sign; the one that signed stays published as long as its tokens live.
 * @param force although not everybody may know the new key yet
 * @throws NoSuchStep, TooEarly
 */
export function promote(ring: KeyRing, now: number, force = false): KeyRing {
  const next = nextOf(ring)
  if (next === undefined) throw new NoSuchStep('no key waits: add one')
  if (now < promotableAt(next) && !force) {
    throw new TooEarly(
      `key ${next.kid} is not known everywhere before ${at(promotableAt(next))} UTC`,
    )
  }
  const signer = signerOf(ring)
  const rest = othersOf(ring).filter((key) => key !== next)
  const exp = now + SPREAD_SECONDS + TOKEN_SECONDS
  return { keys: [{ ...next, nbf: now }, { ...signer, nbf: since(signer.nbf), exp }, ...rest] }
}

/**
 * Drops keys whose tokens have all expired.
 * @param force also those whose tokens have not: whoever has one of these must refresh it
 * @throws NoSuchStep, TooEarly
 */
export function retire(ring: KeyRing, now: number, force = false): KeyRing {
  const retiring = retiringOf(ring)
  const gone = retiring.filter(({ exp }) => force || since(exp) <= now)
  if (retiring.length === 0) throw new NoSuchStep('no key has stopped signing')
  if (gone.length === 0) {
    const first = Math.min(...retiring.map(({ exp }) => since(exp)))
    throw new TooEarly(`tokens of the old key may live until ${at(first)} UTC`)
  }
  return { keys: [signerOf(ring), ...othersOf(ring).filter((key) => !gone.includes(key))] }
}

export type Step = 'add' | 'promote' | 'retire'

/** @returns the next step, and the time from which it is safe */
export function dueStep(ring: KeyRing): { step: Step; from: number } {
  const next = nextOf(ring)
  const steps: { step: Step; from: number }[] = [
    ...retiringOf(ring).map(({ exp }) => ({ step: 'retire' as const, from: since(exp) })),
    next === undefined
      ? { step: 'add', from: since(signerOf(ring).nbf) + ROTATE_DAYS * DAY }
      : { step: 'promote', from: promotableAt(next) },
  ]
  return steps.reduce((first, step) => (step.from < first.from ? step : first))
}

/** @returns the ring one safe step further, or the same where no step is due */
export function rotate(ring: KeyRing, now: number): KeyRing {
  const { step, from } = dueStep(ring)
  return from > now ? ring : { add, promote, retire }[step](ring, now)
}
