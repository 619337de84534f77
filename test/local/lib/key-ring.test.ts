import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  add,
  dueStep,
  type KeyRing,
  NoSuchStep,
  newRing,
  nextOf,
  promote,
  ROTATE_DAYS,
  retire,
  rotate,
  signerOf,
  TooEarly,
} from '../../../local/lib/key-ring.ts'
import { KEYS_LIMIT_SECONDS, KEYS_SECONDS } from '../../../shared/platform/auth/keys.ts'

const MINUTE = 60
const HOUR = 3_600
const DAY = 86_400
/** The longest life that settings.ts allows. */
const TOKEN_SECONDS = 3_600

type Token = { kid: string; expires: number }
const publishes = ({ keys }: KeyRing, { kid }: Token) => keys.some((key) => key.kid === kid)

/** Containers, an outside verifier and an operator around one parameter. */
class World {
  now = 1_800_000_000
  stored: KeyRing = newRing(this.now)
  ssmBack = 0
  /** Each has the set that it last read; idle ones may be very much behind. */
  containers = Array.from({ length: 4 }, () => ({ ring: this.stored, readAt: this.now }))
  outside = { ring: this.stored, readAt: this.now }
  tokens: Token[] = []
  refused: string[] = []

  /** What shared/platform/auth/keys.ts does before it uses a key. @returns the set and its age */
  use(index: number): { ring: KeyRing; age: number } {
    const container = this.containers[index]
    if (container === undefined) throw new Error('no such container')
    if (this.now - container.readAt >= KEYS_SECONDS && this.now >= this.ssmBack) {
      Object.assign(container, { ring: this.stored, readAt: this.now })
    }
    return { ring: container.ring, age: this.now - container.readAt }
  }

  sign(index: number): void {
    const { ring, age } = this.use(index)
    if (age > KEYS_LIMIT_SECONDS) return
    this.tokens.push({ kid: signerOf(ring).kid, expires: this.now + TOKEN_SECONDS })
  }

  /** A container and the outside verifier are shown every token that is still good. */
  verify(by: number): void {
    const { ring, age } = this.use(by)
    if (this.now - this.outside.readAt >= KEYS_SECONDS && age <= KEYS_LIMIT_SECONDS) {
      this.outside = { ring, readAt: this.now }
    }
    this.tokens = this.tokens.filter(({ expires }) => expires > this.now)
    for (const token of this.tokens) {
      // Who has not been able to read for too long can't tell: that is a 503, not a refusal.
      if (age <= KEYS_SECONDS && !publishes(ring, token)) {
        this.refused.push(`container at ${this.now}`)
      }
      const isFresh = this.now - this.outside.readAt < KEYS_SECONDS
      if (isFresh && !publishes(this.outside.ring, token)) {
        this.refused.push(`outside at ${this.now}`)
      }
    }
  }

  operate(step: (ring: KeyRing, now: number) => KeyRing): boolean {
    try {
      this.stored = step(this.stored, this.now)
      return true
    } catch (error) {
      if (error instanceof TooEarly || error instanceof NoSuchStep) return false
      throw error
    }
  }
}

const container = fc.nat({ max: 3 })
const event = fc.oneof(
  { weight: 4, arbitrary: container.map((index) => (world: World) => world.sign(index)) },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 40 * MINUTE }).map((seconds) => (world: World) => {
      world.now += seconds
    }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(add, promote, retire, rotate).map((step) => (world: World) => {
      world.operate(step)
    }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3 * HOUR }).map((seconds) => (world: World) => {
      world.ssmBack = world.now + seconds
    }),
  },
)

describe('rotating keys', () => {
  it('never lets a token be refused that is good, whatever is tried and when', () => {
    let promoted = 0
    let retired = 0
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 50, maxLength: 200 }),
        container,
        (events, first) => {
          const world = new World()
          for (const [index, happen] of events.entries()) {
            const before = world.stored
            happen(world)
            if (signerOf(world.stored) !== signerOf(before)) promoted++
            if (world.stored.keys.length < before.keys.length) retired++
            world.verify((first + index) % 4)
            expect(world.refused).toEqual([])
            // Whose tokens have expired waits for an operator to retire it; of the others there are few.
            const living = world.stored.keys.filter(
              ({ exp }) => exp === undefined || exp > world.now,
            )
            expect(living.length).toBeLessThanOrEqual(5)
          }
        },
      ),
      { numRuns: 300 },
    )
    // Not for lack of rotation.
    expect(promoted).toBeGreaterThan(300)
    expect(retired).toBeGreaterThan(300)
  })

  it('runs by the clock alone: a new key each month, and one key between', () => {
    const world = new World()
    const signers = new Set<string>()
    for (let hour = 0; hour < 100 * 24; hour++) {
      world.now += HOUR
      world.stored = rotate(world.stored, world.now)
      world.sign(hour % 4)
      world.verify(hour % 4)
      signers.add(signerOf(world.stored).kid)
    }
    expect(world.refused).toEqual([])
    expect(signers.size).toBe(Math.floor(100 / ROTATE_DAYS) + 1)
    expect(world.stored.keys).toHaveLength(1)
  })

  it('refuses steps that come too early, and says when they may be taken', () => {
    const start = Date.parse('2026-11-24T08:00:00Z') / 1000
    const ring = newRing(start)
    expect(() => promote(ring, start)).toThrow('no key waits')
    expect(() => retire(ring, start)).toThrow('no key has stopped signing')
    const added = add(ring, start)
    expect(signerOf(added)).toBe(signerOf(ring))
    expect(() => add(added, start)).toThrow('waits already')
    expect(() => promote(added, start + HOUR - 1)).toThrow('before 2026-11-24 09:00 UTC')
    expect(dueStep(added)).toEqual({ step: 'promote', from: start + HOUR })
    const promoted = promote(added, start + HOUR)
    expect(signerOf(promoted).kid).toBe(nextOf(added)?.kid)
    expect(() => retire(promoted, start + 3 * HOUR - 1)).toThrow('until 2026-11-24 11:00 UTC')
    const retired = retire(promoted, start + 3 * HOUR)
    expect(retired.keys).toEqual([signerOf(promoted)])
    expect(dueStep(retired)).toEqual({ step: 'add', from: start + HOUR + ROTATE_DAYS * DAY })
  })

  it('takes early steps with force, and keys without times for old ones', () => {
    const { iat: _, nbf: __, ...plain } = signerOf(newRing(0))
    const ring: KeyRing = { keys: [plain] }
    expect(dueStep(ring)).toMatchObject({ step: 'add', from: ROTATE_DAYS * DAY })
    const leaked = promote(add(ring, 100), 100, true)
    expect(leaked.keys[1]).toMatchObject({ kid: plain.kid })
    expect(retire(leaked, 100, true).keys).toHaveLength(1)
  })
})
