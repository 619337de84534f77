import type { Database } from '../../platform/database/database.ts'
import type { Progress } from '../../platform/jobs/progress.ts'
import { log } from '../../platform/telemetry/log.ts'
import { millisLeft, outOfTime } from '../../platform/telemetry/scope.ts'
import type { Counters } from '../stock/counters.ts'
import { readAllStock, readLedgerDrift, readStock } from '../stock/repository.ts'
import { createSettleDecided } from './decided.ts'
import type { Holds } from './holds.ts'
import { readClosedSince } from './repository.ts'
import { takenRows } from './taken.ts'

const BATCH = 100
const MINUTE_MILLIS = 60_000
/** Orders close within their time to be paid; a run that was missed is made up for by this much. */
const SPARE_MILLIS = 60 * MINUTE_MILLIS
/** A SKU's ledger is summed up whole, which takes long for what sells well: this many of them a run. */
const LEDGERS_PER_RUN = 100

export type ReconcileDeps = {
  database: Database
  holds: Pick<Holds, 'settle' | 'findMany'>
  counters: Pick<Counters, 'ordersHolding' | 'repair'>
  unpaidMinutes: number
  /** Each pass goes on where the last run left off. */
  progress: Record<'closed' | 'skus' | 'ledgers', Progress>
}

/**
 * What one run compared, and what it found: `settled` holds of which Redis had missed the end, `repaired`
 * counters, and `ledgerDrift`, SKUs whose row is not the sum of their ledger.
 */
export type Reconciled = {
  skus: number
  ledgers: number
  settled: number
  repaired: number
  ledgerDrift: number
}

/**
 * Brings Redis's side of stock up to the database's where a word of it got lost: after a commit and
 * before the end of the holds, a function can be cut off, and Redis be away. Until then counters show
 * too little, never too much. And compares rows with their ledgers. Safe to run twice at once.
 */
export function createStockReconcile(deps: ReconcileDeps) {
  const { database, holds, counters, progress } = deps
  const settleDecided = createSettleDecided(deps)

  /**
   * Orders that were closed lately are so in Redis, too: their units and what their buyers may have. Takes
   * half of the time at most: after a day of many closed orders the counters are not to wait.
   */
  async function settleClosed(): Promise<void> {
    const since = new Date(Date.now() - deps.unpaidMinutes * MINUTE_MILLIS - SPARE_MILLIS)
    const enough = millisLeft() / 2
    let after = await progress.closed.read()
    while (!outOfTime() && millisLeft() >= enough) {
      const closed = await readClosedSince(database, since, after, BATCH)
      if (closed.length > 0) {
        const settled = closed.map((order) => ({ order, released: true }))
        await holds.settle(settled, await takenRows(database, closed))
      }
      after = closed.length < BATCH ? undefined : closed.at(-1)?.orderId
      await progress.closed.keep(after)
      if (after === undefined) return
    }
  }

  /** Counters against rows and holds, all SKUs once around. */
  async function settleCounters(tally: Reconciled): Promise<void> {
    let after = (await progress.skus.read()) ?? '0'
    while (!outOfTime()) {
      const skuIds = (await readAllStock(database, after, BATCH)).map(({ skuId }) => skuId)
      for await (const orderIds of counters.ordersHolding(skuIds)) {
        tally.settled += await settleDecided(await holds.findMany(orderIds))
      }
      // Read after the holds were ended: what has changed meanwhile is newer, and left alone.
      const repaired =
        skuIds.length === 0 ? [] : await counters.repair(await readStock(database, skuIds))
      for (const skuId of repaired) log.warn('stock counter repaired', { skuId })
      tally.skus += skuIds.length
      tally.repaired += repaired.length
      const next = skuIds.length < BATCH ? undefined : skuIds.at(-1)
      await progress.skus.keep(next)
      if (next === undefined) return
      after = next
    }
  }

  /** The next rows against their ledgers. Which of the two is right only a person can find out. */
  async function compareLedgers(tally: Reconciled): Promise<void> {
    const after = (await progress.ledgers.read()) ?? '0'
    const skuIds = (await readAllStock(database, after, LEDGERS_PER_RUN)).map(({ skuId }) => skuId)
    for (const { skuId, stock, ledger } of await readLedgerDrift(database, skuIds)) {
      log.error('stock differs from its ledger', new Error('drift'), { skuId, stock, ledger })
      tally.ledgerDrift++
    }
    tally.ledgers += skuIds.length
    await progress.ledgers.keep(skuIds.length < LEDGERS_PER_RUN ? undefined : skuIds.at(-1))
  }

  return {
    /** One run, as far as its time goes; the next goes on. */
    async run(): Promise<Reconciled> {
      const tally: Reconciled = { skus: 0, ledgers: 0, settled: 0, repaired: 0, ledgerDrift: 0 }
      await settleClosed()
      await settleCounters(tally)
      if (!outOfTime()) await compareLedgers(tally)
      return tally
    },
  }
}

export type StockReconcile = ReturnType<typeof createStockReconcile>
