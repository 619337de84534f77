import type { Buckets, Question, Reply } from '../../shared/platform/limits/bucket.ts'

/**
 * What the script's function `bucket` does, written again: test/platform/limits/bucket.int.test.ts holds
 * the two against each other. All in whole microseconds.
 * @returns the new `tat`, and the reply
 */
export function pour(
  before: number,
  now: number,
  { terms, debt, want }: Omit<Question, 'key'>,
): { tat: number; granted: number; wait: number } {
  const { interval, burst, batch, ahead } = terms
  const tat = Math.max(before, now) + debt * interval
  const room = now + burst * interval - tat
  const share = Math.max(batch, Math.floor(room / interval / 32))
  const granted = Math.min(want, share)
  const wait = Math.max(0, Math.max(granted, 1) * interval - room)
  if (granted > 0 && wait > ahead) return { tat, granted: 0, wait: wait - ahead }
  return { tat: tat + granted * interval, granted, wait }
}

/** Buckets in memory, by a clock that a test moves. @param nowMicros whole microseconds */
export function simulatedBuckets(nowMicros: () => number) {
  const tats = new Map<string, number>()
  const asked: Question[][] = []
  const buckets: Buckets = async (questions) => {
    asked.push([...questions])
    const now = nowMicros()
    return questions.map((question): Reply => {
      const { tat, granted, wait } = pour(tats.get(question.key) ?? 0, now, question)
      tats.set(question.key, tat)
      return { granted, waitMicros: wait, usedMicros: Math.max(0, tat - now) }
    })
  }
  return { buckets, asked }
}
