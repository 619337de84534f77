import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Queryable } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { ApiError } from '../../../shared/platform/errors/api-error.ts'
import { KeyReused } from '../../../shared/platform/errors/standard.ts'
import { answerOnce } from '../../../shared/platform/idempotency/answer-once.ts'
import { effect } from '../../../shared/platform/idempotency/effect.ts'
import { createKeys } from '../../../shared/platform/idempotency/keys.ts'
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'
import { type Defect, type Move, World } from './world.ts'

setLogLevel('error')

const keyed = { userId: '1', slot: 'slot', request: 'request' }

/** A request that adds a row and answers what no other attempt would. */
function ask(world: World, asked = keyed): Promise<string> {
  const database = world.database()
  return answerOnce(createKeys(database), asked, 10_000, async () => {
    await world.step()
    const id = await effect(database, async (tx) => {
      const made = crypto.randomUUID()
      await tx.write(sql`INSERT INTO effects (id) VALUES (${made})`)
      return made
    })
    await world.step()
    return `${id}, seen by ${crypto.randomUUID()}`
  })
}

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    who: fc.nat(7),
    what: fc.oneof(
      { weight: 12, arbitrary: fc.constant('go' as const) },
      { weight: 1, arbitrary: fc.constant('die' as const) },
      { weight: 1, arbitrary: fc.constant('fail' as const) },
      { weight: 2, arbitrary: fc.constant('expire' as const) },
    ),
  }),
  { maxLength: 60 },
)

/** Attempts at once that die, wake up late and lose the database; then one in peace. */
const property = (defect?: Defect) =>
  fc.asyncProperty(fc.integer({ min: 1, max: 4 }), moves, async (count, played) => {
    const world = new World(defect)
    const answers: string[] = []
    const refusals: unknown[] = []
    const begin = () =>
      ask(world).then(
        (answer) => answers.push(answer),
        (error: unknown) => refusals.push(error),
      )
    for (let i = 0; i < count; i++) begin()
    await world.play(played)
    world.expire()
    begin()
    await world.play([])
    expect(world.effects).toHaveLength(1)
    expect(answers.length).toBeGreaterThan(0)
    expect(new Set(answers).size).toBe(1)
    for (const error of refusals) {
      expect(error).toBeInstanceOf(ApiError)
      expect([40903, 50301]).toContain((error as ApiError).code)
    }
  })

describe('a key', () => {
  it('has one effect and one answer, whoever dies, comes late or runs at once', async () => {
    await fc.assert(property(), { numRuns: 2_000 })
  })

  it.each<Defect>(['unfenced effect', 'unfenced answer', 'effect noted late'])(
    'that is kept with the defect "%s" is found out',
    async (defect) => {
      const { failed } = await fc.check(property(defect), { numRuns: 5_000 })
      expect(failed).toBe(true)
    },
  )

  it('costs three statements, a single one that it makes a transaction five, and nothing where there is none', async () => {
    const work = (db: Queryable) => db.write(sql`INSERT INTO effects (id) VALUES (1)`)
    const statements = async (single: boolean, hasKey: boolean) => {
      const world = new World()
      const database = world.database()
      const run = async () => {
        await effect(database, work, { single })
        return ''
      }
      const done = hasKey ? answerOnce(createKeys(database), keyed, 1, run) : run()
      await world.play([])
      await done
      return world.statements.length
    }
    expect(await statements(false, false)).toBe(3)
    expect(await statements(false, true)).toBe(3 + 3)
    expect(await statements(true, false)).toBe(1)
    expect(await statements(true, true)).toBe(1 + 5)
  })

  it('does not fit another request, whether the first is answered or not', async () => {
    const world = new World()
    const other = { ...keyed, request: 'other' }
    const first = ask(world)
    const early = ask(world, other).catch((error: unknown) => error)
    await world.play([])
    const late = ask(world, other).catch((error: unknown) => error)
    await world.play([])
    expect(await early).toBeInstanceOf(KeyReused)
    expect(await late).toBeInstanceOf(KeyReused)
    expect(await first).toBeTypeOf('string')
    expect(world.effects).toHaveLength(1)
  })

  it('of another user or route is another key', async () => {
    const world = new World()
    const all = [keyed, { ...keyed, userId: '2' }, { ...keyed, slot: 'other' }]
    const asked = all.map((each) => ask(world, each))
    await world.play([])
    expect(new Set(await Promise.all(asked)).size).toBe(3)
    expect(world.effects).toHaveLength(3)
  })

  it('allows for one effect: a second is a defect of the route', async () => {
    const world = new World()
    const database = world.database()
    const twice = answerOnce(createKeys(database), keyed, 10_000, async () => {
      await effect(database, async () => 1)
      await effect(database, async () => 2)
      return ''
    }).catch((error: unknown) => error)
    await world.play([])
    expect(String(await twice)).toContain('more than one effect')
  })
})
