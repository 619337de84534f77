import type { Outbox } from '../../platform/outbox/outbox.ts'

/**
 * Whether all accepted orders that the queue or the outbox knows of are written.
 * @param depths how many messages wait in the queue, and how many are being handled
 */
export const createDrained =
  (outbox: Pick<Outbox, 'waits'>, depths: () => Promise<readonly number[]>) =>
  async (): Promise<boolean> =>
    // The outbox first: what leaves it meanwhile is seen in the queue.
    !(await outbox.waits('stock')) && (await depths()).every((count) => count === 0)
