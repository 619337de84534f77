import { setTimeout as sleep } from 'node:timers/promises'

/** `errcode` is a number at api.weixin.qq.com, a word such as FREQUENCY_LIMITED at WeChat Pay. */
type Errcode = number | string
type Fault = { path?: string; latencyMs?: number; errorRate?: number; errcode?: Errcode }
type Recorded = { method: string; path: string; at: string }

const KEPT_CALLS = 1000

/** What the stand-in has beyond the real API: calls that it received, and calls made to fail. */
export class Mock {
  readonly calls: Recorded[] = []
  /** Subscribe messages and shipments that were taken. */
  readonly messages: Record<string, unknown>[] = []
  #fault: Fault = {}

  setFault(fault: Fault): Record<string, unknown> {
    this.#fault = fault
    return { fault }
  }

  note(entry: Record<string, unknown>): void {
    this.messages.push({ at: new Date().toISOString(), ...entry })
    if (this.messages.length > KEPT_CALLS) this.messages.shift()
  }

  /**
   * Writes a call down, without its secrets, and applies the fault that is set.
   * @returns undefined to go on, 'error' for a broken answer, or the answer to give
   */
  async record(
    method: string,
    { pathname }: URL,
  ): Promise<undefined | 'error' | { errcode: Errcode; errmsg: string }> {
    this.calls.push({ method, path: pathname, at: new Date().toISOString() })
    if (this.calls.length > KEPT_CALLS) this.calls.shift()
    const { path = '*', latencyMs = 0, errorRate, errcode } = this.#fault
    if (!matches(path, pathname)) return undefined
    if (latencyMs > 0) await sleep(latencyMs)
    const rate = errorRate ?? (errcode === undefined ? 0 : 1)
    if (Math.random() >= rate) return undefined
    return errcode === undefined ? 'error' : { errcode, errmsg: 'injected fault' }
  }
}

/** @param pattern a path, whose `{name}` stands for any one part; or a beginning that ends with `*` */
function matches(pattern: string, path: string): boolean {
  if (pattern.endsWith('*')) return path.startsWith(pattern.slice(0, -1))
  const parts = path.split('/')
  const wanted = pattern.split('/')
  const fits = (part: string, index: number) => /^\{\w+\}$/.test(part) || part === parts[index]
  return wanted.length === parts.length && wanted.every(fits)
}
