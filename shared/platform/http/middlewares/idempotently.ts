import { ApiError } from '../../errors/api-error.ts'
import { KeyInProgress } from '../../errors/standard.ts'
import { answerOnce } from '../../idempotency/answer-once.ts'
import { digest } from '../../idempotency/canonical.ts'
import { keys } from '../../idempotency/index.ts'
import { millisLeft } from '../../telemetry/scope.ts'
import { type HttpEvent, Reply, type RouteDefinition, takesKey } from '../definition.ts'
import { dataJson, Json } from '../json.ts'

/** No function that answers requests may run for longer; in milliseconds. */
const MAX_LEASE_MILLIS = 30_000
/** After the deadline a function may go on for a moment, until it is ended. */
const OVERTIME_MILLIS = 1_000

/**
 * Refusals that are decided: what was asked for can't be done, and a late copy of the request must not do
 * it after all. Any other error says nothing about what was asked: who asks (401, 403), when (429, 503),
 * or a defect (500). docs/decisions/0028-idempotency-keys.md goes through the codes.
 */
const DECIDED = new Set([400, 404, 409, 422])

type Said = { code: number; message: string; details?: unknown }
/** An answer as it is kept: all of it but the trace id. */
type Kept = { status: number; headers: Record<string, string>; json: string } | Said

/** A refusal that was given before. */
class RefusedBefore extends ApiError {
  override readonly code: number

  constructor({ code, message, details }: Said) {
    super(details, { message })
    this.code = code
  }
}

type Handle = (event: HttpEvent) => Promise<Reply<unknown>>

/**
 * Answers a request with an Idempotency-Key once: the same request gets the same answer for a day. Lies
 * around the handler, since a middleware that answers by itself would keep the others from seeing the
 * answer on its way out. Routes that see to their key by themselves pass, and so does who sends none.
 */
export function idempotently(definition: RouteDefinition, handle: Handle): Handle {
  const { method, path, idempotent } = definition
  if (!takesKey(definition) || idempotent === true) return handle
  return async (event) => {
    const { user, idempotencyKey, params, query, body } = event.input
    if (idempotencyKey === undefined || user === undefined) return handle(event)
    const keyed = {
      userId: user.id,
      slot: digest([method, path, idempotencyKey]),
      request: digest({ params, query, body }),
    }
    const leaseMillis = Math.min(millisLeft(), MAX_LEASE_MILLIS) + OVERTIME_MILLIS
    const answer = await answerOnce(keys(), keyed, leaseMillis, async () =>
      JSON.stringify(await decided(() => handle(event))),
    )
    const kept = JSON.parse(answer) as Kept
    if ('code' in kept) throw new RefusedBefore(kept)
    return new Reply(kept.status, new Json(kept.json), kept.headers)
  }
}

/** @throws what decides nothing */
async function decided(handle: () => Promise<Reply<unknown>>): Promise<Kept> {
  try {
    const { status, data, headers } = await handle()
    return { status, headers, json: data instanceof Json ? data.text : dataJson(data) }
  } catch (error) {
    const isDecided = error instanceof ApiError && DECIDED.has(error.status)
    if (!isDecided || error instanceof KeyInProgress) throw error
    const { code, message, details } = error
    return { code, message, details }
  }
}
