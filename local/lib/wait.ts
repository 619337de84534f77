import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from './process.ts'

type Options = { service?: Service; timeoutMillis?: number; signal?: AbortSignal }

/**
 * Tries `probe` until it succeeds.
 * @param service gives up at once when this ends
 * @param signal gives up when this aborts
 * @throws what the probe last threw, after `timeoutMillis`; an Error when the service ends
 */
export async function untilReady<T>(
  name: string,
  probe: () => Promise<T>,
  { service, timeoutMillis = 60_000, signal }: Options = {},
): Promise<T> {
  const until = performance.now() + timeoutMillis
  let ended: string | undefined
  void service?.exited.then((how) => {
    ended = how
  })
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await probe()
    } catch (error) {
      if (ended !== undefined) throw new Error(`${name} ended during start-up (${ended})`)
      if (performance.now() > until) {
        throw new Error(`${name} is not ready after ${timeoutMillis / 1000} s`, { cause: error })
      }
      await sleep(30)
    }
  }
}
