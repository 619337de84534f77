import type { Database, Queryable } from '../../platform/database/database.ts'
import { ApiError } from '../../platform/errors/api-error.ts'
import { log } from '../../platform/telemetry/log.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import { OrdersOpen } from './errors.ts'
import {
  closeAccount,
  deleteErasure,
  type Erasure,
  isInUse,
  postpone,
  readDue,
  readErasure,
} from './repository.ts'

const BATCH = 100
/** Who goes on ordering while the account is being closed is told so in the end. */
const ROUNDS = 5
/**
 * When an erasure is gone through again for the first time: later than anything can still run that
 * knew the user (the e-mail job's time-out of 60 s, the revocation delay of sessions).
 */
const AGAIN_MILLIS = 120_000
/** A queue keeps a message for 14 days (infra/queues.yml): an order may come out of it until then. */
const LAST_MILLIS = 15 * 86_400_000

/** Whose data is to be erased; the e-mail address only where nobody else has it. */
export type Leaving = { userId: string; email?: string }

/** Erases what one domain knows of a person. Must be safe to run again. */
export type Eraser = (db: Queryable, who: Leaving) => Promise<void>

export type AccountDeps = {
  database: Database
  /** A user's orders that are not finished, pending ones among them. */
  openOrders(userId: string): Promise<{ orderId: string; status: string }[]>
  /** Closes an order that is not paid. @throws WrongState where it is */
  cancelOrder(userId: string, orderId: string): Promise<unknown>
  /** Ends the user's sessions for good: none is opened afterwards. */
  closeSessions(userId: string): Promise<void>
  /** Takes the user out of the caches. */
  forget(userId: string): Promise<void>
  erasers: readonly Eraser[]
}

const UNPAID = new Set(['pending', 'unpaid'])

/** Closing accounts: docs/decisions/0013-closing-an-account.md. */
export function createAccounts(deps: AccountDeps) {
  const { database } = deps

  /** Cancels what is not paid, and what is ordered meanwhile. @returns the orders that stay open */
  async function cancelUnpaid(userId: string) {
    for (let round = 0; ; round++) {
      const open = await deps.openOrders(userId)
      const unpaid = open.filter(({ status }) => UNPAID.has(status))
      if (unpaid.length === 0 || round === ROUNDS) return open
      for (const { orderId } of unpaid) {
        try {
          await deps.cancelOrder(userId, orderId)
        } catch (error) {
          // Paid, failed or closed meanwhile: the next list tells.
          if (!(error instanceof ApiError && error.status === 409)) throw error
        }
      }
    }
  }

  /** @returns whether nothing is left that still needs data of the user */
  async function erase({ userId, email }: Erasure): Promise<boolean> {
    await deps.closeSessions(userId)
    await deps.forget(userId)
    const open = await cancelUnpaid(userId)
    const known = email !== null && !(await isInUse(database, email))
    for (const eraser of deps.erasers) {
      await eraser(database, known ? { userId, email } : { userId })
    }
    return open.length === 0
  }

  async function goThrough(erasure: Erasure): Promise<void> {
    const clear = await erase(erasure)
    const age = Date.now() - erasure.closedAt.getTime()
    if (clear && age >= LAST_MILLIS) await deleteErasure(database, erasure.userId)
    // After 2, 4, 8, … minutes: what turns up late is found late, and seldom.
    else await postpone(database, erasure.userId, new Date(Date.now() + age))
  }

  return {
    /**
     * Closes an account and erases what is known of the person; orders stay under a number that is
     * nobody's. Orders that are not paid are cancelled. Safe to call again.
     * @throws OrdersOpen where something is paid for and not finished: then the account stays;
     *   Unavailable: then either it stays, or the rest is done by {@link sweep}
     */
    async close(userId: string): Promise<null> {
      const paid = (await deps.openOrders(userId)).filter(({ status }) => !UNPAID.has(status))
      if (paid.length > 0) throw new OrdersOpen(paid)
      const open = await cancelUnpaid(userId)
      if (open.length > 0) throw new OrdersOpen(open)
      const dueAt = new Date(Date.now() + AGAIN_MILLIS)
      await database.transaction((tx) => closeAccount(tx, userId, dueAt))
      const erasure = await readErasure(database, userId)
      if (erasure !== undefined) await erase(erasure)
      return null
    },

    /**
     * Goes through erasures again, as far as time goes: what was cut off, what other requests still wrote,
     * what came late. Safe to run twice at once; one that fails keeps no other waiting.
     * @returns how many it went through
     */
    async sweep(): Promise<number> {
      const now = new Date()
      const failed = new Set<string>()
      for (let done = 0; ; ) {
        const limit = BATCH + failed.size
        const due = await readDue(database, now, limit)
        for (const erasure of due.filter(({ userId }) => !failed.has(userId))) {
          if (outOfTime()) break
          try {
            await goThrough(erasure)
            done++
          } catch (error) {
            failed.add(erasure.userId)
            log.error('account not erased yet', error, { userId: erasure.userId })
          }
        }
        if (due.length < limit || outOfTime()) return done
      }
    },
  }
}

export type Accounts = ReturnType<typeof createAccounts>
