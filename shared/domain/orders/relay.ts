import type { Queue } from '../../platform/queue/queue.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import type { Holds } from './holds.ts'

const BATCH = 100

/** Sends the messages of holds that nobody has handled yet. Safe to run twice at once. */
export function createRelay({ holds, queue }: { holds: Pick<Holds, 'overdue'>; queue: Queue }) {
  /** @returns how many went out */
  return async function relay(): Promise<number> {
    let relayed = 0
    while (!outOfTime()) {
      const messages = await holds.overdue(BATCH)
      const { failed } = await queue.send(
        'stock',
        messages.map((message) => ({ message })),
      )
      relayed += messages.length - failed.length
      if (messages.length < BATCH || failed.length > 0) break
    }
    return relayed
  }
}

export type Relay = ReturnType<typeof createRelay>
