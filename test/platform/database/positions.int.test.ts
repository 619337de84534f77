import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { settings } from '../../../shared/platform/config/index.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { createPositions } from '../../../shared/platform/database/positions.ts'
import { reads } from '../../../shared/platform/database/reading.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { RedisClient, redis as shopRedis } from '../../../shared/platform/redis/client.ts'

/**
 * The rule, on the real scripts and a model of the databases: each entry of the primary's log is a user's
 * write or a heartbeat, and each region's replica has applied the first so many. What a container does is
 * cut where it waits for an answer: anything may come between, and what was begun may be overtaken.
 */
type Entry = { userId: string } | { beat: number }

const CONTAINERS = 4
/** Which replica a container reads from. */
const regionOf = (container: number) => container % 2
const userId = fc.constantFrom('1', '2')
const container = fc.nat(CONTAINERS - 1)

const Step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit' as const), userId }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mark' as const), userId, container }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('replicate' as const),
      // One is behind the other most of the time.
      region: fc.constantFrom(0, 0, 0, 0, 1),
      count: fc.nat(6),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), userId, container }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('beat' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look' as const), container }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('say' as const), container }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('look and say' as const), container }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose Redis' as const) }) },
)
type Step = typeof Step extends fc.Arbitrary<infer S> ? S : never

/** Plays the steps; in the end, when the replica has all, everybody is sent to it again. */
async function play(redis: RedisClient, steps: readonly Step[]): Promise<void> {
  await redis.send(['FLUSHDB'])
  const options = { spreadMillis: 2, beatMillis: 1 }
  const containers = Array.from({ length: CONTAINERS }, (_, index) =>
    createPositions(redis, `region-${regionOf(index)}`, options),
  )
  const at = (index: number) => containers[index] as (typeof containers)[number]
  const log: Entry[] = []
  const applied = [0, 0]
  const appliedAt = (index: number) => applied[regionOf(index)] ?? 0
  /** Where in the log a user's writes stand of which he was not told, and the last of which he was. */
  const open = new Map<string, number[]>()
  const told = new Map<string, number>()
  const beats: number[] = []
  const looks: number[][] = [[], []]
  const newest = (entries: readonly Entry[]) =>
    Math.max(0, ...entries.map((entry) => ('beat' in entry ? entry.beat : 0)))

  for (const step of steps) {
    if (step.do === 'commit') {
      open.set(step.userId, [
        ...(open.get(step.userId) ?? []),
        log.push({ userId: step.userId }) - 1,
      ])
    } else if (step.do === 'mark') {
      const commits = open.get(step.userId) ?? []
      if (commits.length === 0) continue
      await at(step.container).mark([step.userId])
      told.set(step.userId, Math.max(...commits))
      open.delete(step.userId)
    } else if (step.do === 'replicate') {
      applied[step.region] = Math.min(log.length, (applied[step.region] ?? 0) + step.count)
    } else if (step.do === 'ask') {
      const known = told.get(step.userId) ?? -1
      const { caughtUp, beat } = await at(step.container).ask(step.userId)
      if (beat !== undefined) beats.push(beat.position)
      if (caughtUp) expect(appliedAt(step.container)).toBeGreaterThan(known)
    } else if (step.do === 'beat') {
      // The newest first: an older one comes late.
      const beat = beats.pop()
      if (beat !== undefined) log.push({ beat: Math.max(beat, newest(log)) })
    } else if (step.do === 'lose Redis') {
      await redis.send(['FLUSHDB'])
    } else {
      const seen = looks[regionOf(step.container)] ?? []
      if (step.do !== 'say') seen.push(newest(log.slice(0, appliedAt(step.container))))
      const look = step.do === 'look' ? undefined : seen.pop()
      if (look !== undefined) await at(step.container).saw(look, false)
    }
  }
  // Else the rule would hold where nobody ever reads from the replica.
  const readsReplica = async (userId: string) => {
    const { caughtUp, beat } = await at(0).ask(userId)
    await at(0).saw(Math.max(newest(log), beat?.position ?? 0), false)
    return caughtUp
  }
  const patience = { interval: 1, timeout: 10_000 }
  await expect.poll(() => readsReplica('1'), patience).toBe(true)
  await expect.poll(() => readsReplica('2'), patience).toBe(true)
}

let redis: RedisClient
let stop: () => Promise<void>
beforeAll(async () => {
  // A database of its own in Redis, since what is known of a replica is one for all.
  const redisUrl = `${inject('endpoints').redisUrl}/7`
  const bridge = await startUpstashBridge({ redisUrl, token: 'secret' })
  redis = new RedisClient({ url: bridge.url, token: 'secret' })
  stop = bridge.stop
})
afterAll(() => stop())

it('whoever is sent to a replica finds there what he was told was done', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 50, maxLength: 150 }), (steps) =>
      play(redis, steps),
    ),
    { numRuns: 25 },
  )
})

it('sends nobody to a replica that is more than ten seconds behind', async () => {
  await redis.send(['FLUSHDB'])
  const positions = createPositions(redis, 'here')
  const [seconds] = await redis.send<[string, string]>(['TIME'])
  const behind = async (millis: number) => {
    const position = Number(seconds) * 1000 - millis
    await redis.send(['HSET', 'replica:state', 'since', 1])
    await redis.send(['SET', 'replica:position:here', position])
    return (await positions.ask('1')).caughtUp
  }
  expect([await behind(5_000), await behind(15_000)]).toEqual([true, false])
})

it("takes a region's replica for no further than that of another", async () => {
  await redis.send(['FLUSHDB'])
  const options = { spreadMillis: 0, beatMillis: 1 }
  const [here, there] = ['here', 'there'].map((region) => createPositions(redis, region, options))
  await there?.mark(['1'])
  const caughtUp = () =>
    Promise.all([here, there].map(async (region) => (await region?.ask('1'))?.caughtUp))
  expect(await caughtUp()).toEqual([false, false])
  const [seconds] = await redis.send<[string, string]>(['TIME'])
  await here?.saw((Number(seconds) + 2) * 1000, false)
  expect(await caughtUp()).toEqual([true, false])
})

it('gives each heartbeat to one container, and none while the replica is left alone', async () => {
  await redis.send(['FLUSHDB'])
  const containers = Array.from({ length: 5 }, () => createPositions(redis, 'here'))
  const given = async () =>
    (await Promise.all(containers.map(({ ask }) => ask('1')))).filter(({ beat }) => beat).length
  expect(await given()).toBe(1)
  await containers[0]?.saw(undefined, true)
  expect(await given()).toBe(0)
  // Another region has a replica of its own to look at.
  expect((await createPositions(redis, 'there').ask('1')).beat).toBeDefined()
})

it('as the shop is tied together: a write marks its owner, others are sent to the replica', async () => {
  const [owner, other] = ['970000001', '970000002']
  await untilReady('the replica', async () => {
    expect(await reads().of(other)).not.toBe(database())
  })
  await database().transaction((tx) =>
    tx.write(sql`DELETE FROM cart_items WHERE user_id = ${owner}`, [owner]),
  )
  expect(await createPositions(shopRedis(), settings().AWS_REGION).ask(owner)).toMatchObject({
    caughtUp: false,
  })
  expect(await reads().of(owner)).toBe(database())
})
