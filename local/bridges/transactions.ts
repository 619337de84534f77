import { randomUUID } from 'node:crypto'
import type { PoolConnection } from 'mysql2/promise'
import { type Connections, isUsableAfter, type Result } from './connections.ts'
import { isRefusal, VitessError } from './vitess-errors.ts'

const DEADLOCK = 1213
const IN_TRANSACTION = 1

type Transaction = {
  id: string
  connection: PoolConnection
  timer: NodeJS.Timeout
  busy: boolean
  overdue: boolean
}
/** A statement's result, and the id of the transaction that is open after it, if one is. */
export type Outcome = { result: Result; transaction: string | undefined }

/**
 * The open transactions, each on a connection of its own. One ends by COMMIT or ROLLBACK, by a
 * deadlock or DDL, when its caller hangs up during a statement, and at the latest after
 * `timeoutMillis`, counted from BEGIN as Vitess does.
 */
export function createTransactions(connections: Connections, timeoutMillis: number) {
  const open = new Map<string, Transaction>()

  function add(connection: PoolConnection): Transaction {
    const id = randomUUID()
    const timer = setTimeout(() => expire(id), timeoutMillis)
    const transaction = { id, connection, timer, busy: true, overdue: false }
    open.set(id, transaction)
    return transaction
  }

  /** @returns false where it had ended before, and its connection is somebody else's by now */
  function remove({ id, timer }: Transaction): boolean {
    clearTimeout(timer)
    return open.delete(id)
  }

  /** It has ended in MySQL. */
  function finish(transaction: Transaction): void {
    if (remove(transaction)) transaction.connection.release()
  }

  /** Rolls it back, whatever it is doing. */
  function abandon(transaction: Transaction): void {
    if (remove(transaction)) connections.discard(transaction.connection)
  }

  /** Like Vitess, lets a statement that is running come to its end. */
  function expire(id: string): void {
    const transaction = open.get(id)
    if (transaction === undefined) return
    transaction.overdue = true
    if (!transaction.busy) abandon(transaction)
  }

  async function begin(query: string, gone: AbortSignal): Promise<Outcome> {
    const transaction = add(await connections.take('transactions', gone))
    try {
      return await step(transaction, query, gone)
    } catch (error) {
      finish(transaction)
      throw error
    }
  }

  /** Runs a statement of an open transaction. @throws VitessError ABORTED where it is not open */
  async function within(id: string, query: string, gone: AbortSignal): Promise<Outcome> {
    const transaction = open.get(id)
    if (transaction === undefined) {
      const why = `it took longer than ${timeoutMillis} ms, or its caller or the server went away`
      throw new VitessError('ABORTED', `transaction ${id}: not found (rolled back: ${why})`)
    }
    if (transaction.busy) throw new VitessError('ABORTED', `transaction ${id}: in use: for query`)
    transaction.busy = true
    return step(transaction, query, gone)
  }

  async function step(
    transaction: Transaction,
    query: string,
    gone: AbortSignal,
  ): Promise<Outcome> {
    let result: Result
    try {
      result = await connections.run(transaction.connection, query, gone)
    } catch (error) {
      transaction.busy = false
      // A refused statement leaves the transaction open, as in MySQL; a deadlock has ended it there.
      if (isRefusal(error) && error.errno === DEADLOCK) finish(transaction)
      else if (!isUsableAfter(error) || transaction.overdue) abandon(transaction)
      throw error
    }
    transaction.busy = false
    if (isOver(result)) {
      finish(transaction)
      return { result, transaction: undefined }
    }
    // Nobody could go on with a transaction, nor end it, whose caller missed this answer.
    gone.addEventListener('abort', () => abandon(transaction), { once: true })
    if (gone.aborted || transaction.overdue) abandon(transaction)
    return { result, transaction: transaction.id }
  }

  return {
    begin,
    within,
    isOpen: (id: string) => open.has(id),
    abandonAll: () => open.forEach(abandon),
  }
}

/** The server tells, with every result that has no rows, whether a transaction is open. */
const isOver = (result: Result) =>
  'header' in result && !(Number(result.header.serverStatus) & IN_TRANSACTION)
