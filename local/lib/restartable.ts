import type { Service } from './process.ts'

/** A service that can be killed and started again, at the same address and with the same data. */
export type Restartable = {
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>
  /** Starts it again. @returns when it answers; @throws where it does not */
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a service so that drills can kill it.
 * @param launch starts it, and waits until it answers; leaves nothing behind where it throws
 */
export async function restartable(launch: () => Promise<Service>): Promise<Restartable> {
  let running = await launch()
  return {
    kill: () => running.kill(),
    async start() {
      running = await launch()
    },
    stop: () => running.stop(),
  }
}
