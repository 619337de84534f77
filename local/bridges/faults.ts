import { setTimeout as sleep } from 'node:timers/promises'

export type Fault = {
  /** Added to every call, in milliseconds. */
  latencyMs?: number
  /** Share of calls, 0 to 1, that are refused before they reach the engine. */
  errorRate?: number
}

/** Makes the calls that pass a bridge slow or failing, for benchmarks and drills. */
export class Faults {
  #fault: Fault = {}

  set(fault: Fault): void {
    this.#fault = fault
  }

  clear(): void {
    this.#fault = {}
  }

  /** @returns true where the call is to be refused; resolves after the set latency */
  async strike(): Promise<boolean> {
    const { latencyMs = 0, errorRate = 0 } = this.#fault
    if (latencyMs > 0) await sleep(latencyMs)
    return errorRate > 0 && Math.random() < errorRate
  }
}
