import { describe, expect, it } from 'vitest'
import { BUG_NAMES, type BugName } from '../../model/bugs.ts'
import { patched } from '../../model/container/bundle.ts'
import type { Ending } from '../../model/run.ts'
import { createPlayer, type Player, shrink } from '../../model/search.ts'

const SEEDS = 30
/** How many seeds each bug is looked for: several times as many as it takes in the middle. */
const MOST_SEEDS = 600
/** Where bugs that need patience were found once: no more than a good place to begin. */
const BEGIN: Partial<Record<BugName, number>> = {
  'fill-without-version': 300,
  'unfenced-idempotency': 20,
  'release-without-cas': 30,
  'orders-without-lease': 2240,
  'keys-not-looked-for': 40,
}

async function firstFailing(play: Player, most: number, from = 1): Promise<Ending | undefined> {
  for (let seed = from; seed < from + most; seed++) {
    const ending = await play(seed)
    if (ending.violation !== undefined) return ending
  }
  return undefined
}

describe('the model of the order path', () => {
  it('finds nothing wrong, whatever crashes, gets lost, comes twice or late', async () => {
    expect(await firstFailing(await createPlayer(), SEEDS)).toBeUndefined()
  }, 60_000)

  it('tells the same story of the same seed', async () => {
    const story = async (play: Player, seed: number) => {
      const lines: string[] = []
      await play(seed, { trace: (line) => lines.push(line) })
      return lines
    }
    const first = await createPlayer()
    const before = await story(first, 7)
    await first(8)
    expect(before.length).toBeGreaterThan(50)
    expect(await story(first, 7)).toEqual(before)
    expect(await story(await createPlayer(), 7)).toEqual(before)
  }, 60_000)

  it.each(BUG_NAMES)(
    'finds %s',
    async (bug) => {
      expect(await firstFailing(await createPlayer(bug), MOST_SEEDS, BEGIN[bug])).toBeDefined()
    },
    120_000,
  )

  it('shows a failing seed with no more faults than it takes', async () => {
    const play = await createPlayer('ledger-not-unique')
    const failing = await firstFailing(play, MOST_SEEDS)
    if (failing === undefined) throw new Error('not found')
    const without = await shrink(play, failing)
    const { faults, violation } = await play(failing.seed, { without })
    expect(violation).toBeDefined()
    expect(faults.length).toBeLessThanOrEqual(failing.faults.length)
  }, 120_000)

  it('refuses a bug that does not fit the code any more', () => {
    const patch = { file: 'x.ts', find: 'a', replace: 'b' }
    expect(patched('cad', [patch])).toBe('cbd')
    for (const text of ['xyz', 'a and a']) {
      expect(() => patched(text, [patch])).toThrow('does not fit')
    }
  })
})
