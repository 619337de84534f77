import { KeyInProgress } from '../errors/standard.ts'
import { type Attempt, attempting } from './attempt.ts'

/** A request with a key: whose it is, and hashes of route and key, and of what it asks for. */
export type KeyedRequest = { userId: string; slot: string; request: string }

/** What is kept of the requests with keys. */
export type Keys = {
  /**
   * Begins an attempt, or finds the answer that a request has got before.
   * @param leaseMillis how long the attempt has, before another may take over
   * @throws KeyReused where the key came with another request; KeyInProgress
   */
  claim(keyed: KeyedRequest, leaseMillis: number): Promise<{ answer: string } | Attempt>
  /** @returns the answer that is kept. @throws KeyInProgress where there is none yet */
  answerOf(keyed: KeyedRequest): Promise<string>
}

/**
 * Answers each request with a key once. An attempt holds a lease while it runs; one that died is taken
 * over when its lease has ended. What makes that safe is not the lease but the fence: an attempt that was
 * taken over can neither commit its effect (effect.ts) nor keep its answer, however late it wakes up.
 * So all answers that are given out for a key are the same.
 * @param run makes the answer; what it throws is not kept, and the next attempt runs again
 * @returns the answer, of this attempt or of an earlier or later one
 * @throws KeyReused, KeyInProgress; Unavailable where the database is away; what `run` throws
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @see Kleppmann, "Designing Data-Intensive Applications", chapter 8, on fencing tokens
 */
export async function answerOnce(
  keys: Keys,
  keyed: KeyedRequest,
  leaseMillis: number,
  run: () => Promise<string>,
): Promise<string> {
  const claimed = await keys.claim(keyed, leaseMillis)
  if ('answer' in claimed) return claimed.answer
  try {
    const answer = await attempting(claimed, run)
    if (await claimed.keep(answer)) return answer
  } catch (error) {
    if (!(error instanceof KeyInProgress)) {
      await claimed.release()
      throw error
    }
  }
  return keys.answerOf(keyed)
}
