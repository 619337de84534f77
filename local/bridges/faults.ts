import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'

const rate = z.number().min(0).max(1).default(0)
const FaultForm = z.strictObject({
  /** Added to every call, in milliseconds. */
  latencyMs: z.number().min(0).max(60_000).default(0),
  /** Share of calls, 0 to 1, that are refused before they reach the engine. */
  errorRate: rate,
  /** Share of calls that never reach the engine and never get an answer. */
  hangRate: rate,
  /** Share of calls whose work is done for good, and whose connection is then cut unanswered. */
  dropAfterCommitRate: rate,
})

export type Fault = z.input<typeof FaultForm>

/** Makes the calls that pass a bridge slow, failing or unanswered, for benchmarks and drills. */
export class Faults {
  #fault = FaultForm.parse({})

  /** Replaces what was set before. @throws ZodError where a rate is no share, or a name unknown */
  set(fault: Fault): void {
    this.#fault = FaultForm.parse(fault)
  }

  clear(): void {
    this.set({})
  }

  /**
   * Rolls the dice for one call, after the set latency.
   * @param gone aborts when the caller hangs up, which ends the wait
   */
  async strike(gone: AbortSignal): Promise<'refuse' | 'hang' | undefined> {
    const { latencyMs, errorRate, hangRate } = this.#fault
    if (latencyMs > 0) await sleep(latencyMs, undefined, { signal: gone })
    if (Math.random() < errorRate) return 'refuse'
    return Math.random() < hangRate ? 'hang' : undefined
  }

  dropsAnswer(): boolean {
    return Math.random() < this.#fault.dropAfterCommitRate
  }
}
