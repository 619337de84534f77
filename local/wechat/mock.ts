import { setTimeout as sleep } from 'node:timers/promises'

type Fault = { path?: string; latencyMs?: number; errorRate?: number; errcode?: number }
type Recorded = { method: string; path: string; at: string }

const KEPT_CALLS = 1000

/** What the stand-in has beyond the real API: calls that it received, and calls made to fail. */
export class Mock {
  readonly calls: Recorded[] = []
  #fault: Fault = {}

  setFault(fault: Fault): Record<string, unknown> {
    this.#fault = fault
    return { fault }
  }

  /**
   * Writes a call down, without its secrets, and applies the fault that is set.
   * @returns undefined to go on, 'error' for a broken answer, or the answer to give
   */
  async record(
    method: string,
    { pathname }: URL,
  ): Promise<undefined | 'error' | { errcode: number; errmsg: string }> {
    this.calls.push({ method, path: pathname, at: new Date().toISOString() })
    if (this.calls.length > KEPT_CALLS) this.calls.shift()
    const { path = pathname, latencyMs = 0, errorRate, errcode } = this.#fault
    if (path !== pathname) return undefined
    if (latencyMs > 0) await sleep(latencyMs)
    const rate = errorRate ?? (errcode === undefined ? 0 : 1)
    if (Math.random() >= rate) return undefined
    return errcode === undefined ? 'error' : { errcode, errmsg: 'injected fault' }
  }
}
