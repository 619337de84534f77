import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { describeColumn, encodeRow } from './columns.ts'
import { createConnections, type Result } from './connections.ts'
import { type Answer, type Bridge, type Call, serveBridge } from './server.ts'
import { kindOf } from './statements.ts'
import { createTransactions, type Outcome } from './transactions.ts'
import { type Code, isRefusal, VitessError, vitessErrorOf } from './vitess-errors.ts'

/** PlanetScale's limit. @see https://planetscale.com/docs/reference/planetscale-system-limits */
const TRANSACTION_MILLIS = 20_000

/** Opaque to the client, which sends back with each statement what the last answer gave it. */
const Session = z.object({ id: z.string(), transaction: z.string().optional() })
type Session = z.infer<typeof Session>
const ExecuteBody = z.object({ query: z.string(), session: Session.nullish() })

type Options = {
  mysqlUrl: string
  username: string
  password: string
  port?: number
  /** After how long an open transaction is rolled back, in milliseconds; as PlanetScale by default. */
  transactionMillis?: number
  /** Told of each statement, before it runs. */
  onStatement?: ((sql: string) => void) | undefined
}

/**
 * PlanetScale's HTTP protocol over a MySQL server: statements, transactions bound to a session, and
 * typed rows as the real driver expects them. Rows that an UPDATE matches count as affected, changed
 * or not, since PlanetScale's sessions have Vitess's `clientFoundRows` set.
 * @throws where the credentials would not come through a URL unchanged
 * @see https://github.com/planetscale/database-js
 */
export async function startPlanetscaleBridge(options: Options): Promise<Bridge> {
  const { mysqlUrl, username, password, port, transactionMillis = TRANSACTION_MILLIS } = options
  if (!/^[\w.~-]+:[\w.~-]+$/.test(`${username}:${password}`)) {
    // The driver sends them as they stand in the URL, encoded.
    throw new Error('username and password may have letters, digits and . _ ~ - only')
  }
  const connections = createConnections(mysqlUrl)
  const transactions = createTransactions(connections, transactionMillis)

  const server = await serveBridge({
    port,
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    failure,
    answer,
  })

  async function answer({ url, body, gone }: Call): Promise<Answer> {
    switch (url.pathname) {
      case '/psdb.v1alpha1.Database/CreateSession':
        return json({ session: { id: randomUUID() } })
      case '/psdb.v1alpha1.Database/Execute': {
        const parsed = ExecuteBody.safeParse(parsedJson(body))
        if (!parsed.success) return failure(400, z.prettifyError(parsed.error))
        const { query, session } = parsed.data
        options.onStatement?.(query)
        return respond(query, session ?? { id: randomUUID() }, gone)
      }
      default:
        return failure(404, 'POST to /psdb.v1alpha1.Database/Execute or CreateSession')
    }
  }

  async function respond(query: string, session: Session, gone: AbortSignal): Promise<Answer> {
    const started = performance.now()
    try {
      const { result, transaction } = await execute(query, session, gone)
      const answered = {
        session: { id: session.id, transaction },
        result: encodeResult(result),
        timing: (performance.now() - started) / 1000,
      }
      return { ...json(answered), committed: transaction === undefined }
    } catch (thrown) {
      const error = isRefusal(thrown) ? vitessErrorOf(thrown) : thrown
      if (!(error instanceof VitessError)) {
        const { code } = error as { code?: string }
        return failure(503, `the database is not reachable (${code ?? 'connection lost'})`)
      }
      // COMMIT ends a session's transaction also where there was none left to commit.
      const { id, transaction } = session
      const kept = kindOf(query) === 'commit' ? { id } : { id, transaction }
      return json({ session: kept, error: { code: error.code, message: error.message } })
    }
  }

  async function execute(
    query: string,
    { transaction }: Session,
    gone: AbortSignal,
  ): Promise<Outcome> {
    const kind = kindOf(query)
    if (kind === 'refused') {
      const why = 'the next statement may run on another connection'
      throw new VitessError('UNIMPLEMENTED', `session state is not kept here: ${why}`)
    }
    if (transaction !== undefined) {
      if (kind === 'rollback' && !transactions.isOpen(transaction)) return NOTHING
      return transactions.within(transaction, query, gone)
    }
    if (kind === 'begin') return transactions.begin(query, gone)
    if (kind !== 'other') return NOTHING
    return { result: await connections.runOnce(query, gone), transaction: undefined }
  }

  const stop = async () => {
    await server.stop()
    transactions.abandonAll()
    await connections.end()
  }
  return {
    url: `${server.url.replace('//', `//${username}:${password}@`)}/minimall`,
    faults: server.faults,
    calls: server.calls,
    stop,
  }
}

/** What COMMIT and ROLLBACK do where no transaction is open. */
const NOTHING: Outcome = { result: { rows: [], fields: [] }, transaction: undefined }

function encodeResult(result: Result) {
  if ('rows' in result) {
    return { fields: result.fields.map(describeColumn), rows: result.rows.map(encodeRow) }
  }
  const { affectedRows, insertId } = result.header
  // mysql2 reads an id as signed; MySQL means it unsigned.
  return {
    rowsAffected: String(affectedRows),
    insertId: BigInt.asUintN(64, BigInt(insertId)).toString(),
  }
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

const json = (body: unknown): Answer => ({ status: 200, json: JSON.stringify(body) })

const CODES: Record<number, Code | 'UNAUTHENTICATED' | 'INTERNAL'> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  413: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

function failure(status: number, message: string): Answer {
  return { status, json: JSON.stringify({ error: { code: CODES[status], message } }) }
}
