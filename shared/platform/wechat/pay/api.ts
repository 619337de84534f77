import * as z from 'zod/mini'
import { unavailable, WechatPayError } from './errors.ts'
import type { Call, RawAnswer, Transport } from './transport.ts'
import { type KeyOf, SignatureRefused, verifySignature } from './verify.ts'

/** A call whose answer is verified and parsed. */
export type Api = <T extends z.ZodMiniType>(call: Call, schema: T) => Promise<z.output<T>>

/** Codes that say "again in a moment", with whatever status they come. */
const BUSY = new Set([
  'SYSTEM_ERROR',
  'SYSTEMERROR',
  'BANK_ERROR',
  'BANKERROR',
  'BIZERR_NEED_RETRY',
  'FREQUENCY_LIMITED',
  'FREQUENCY_LIMIT_EXCEED',
  'RATELIMIT_EXCEEDED',
])

const Refusal = z.object({
  code: z.string().check(z.regex(/^\w{1,64}$/)),
  detail: z.catch(z.optional(z.object({ field: z.optional(z.string()) })), undefined),
})

/**
 * Answers decide about money: whatever WeChat Pay says, also that there is no such order, counts
 * only with its signature. It signs refusals as well, unless it can't tell who asks (401).
 * @returns a function that throws WechatPayError where WeChat Pay refuses, and Unavailable where it
 *   is busy, does not answer, or answers what is not provably its own
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012081606 (statuses and codes)
 */
export function createApi(transport: Transport, keyOf: KeyOf, now: () => number): Api {
  return async (call, schema) => {
    const answer = await transport(call)
    const { status, headers, body } = answer
    const about = `${call.about} (request ${requestIdOf(answer)})`
    const refusal = z.safeParse(Refusal, jsonOf(body))
    const code = refusal.success ? refusal.data.code : 'NO_CODE'
    if (status >= 500 || status === 429) throw unavailable(`${about}: ${status} ${code}`)
    if (status === 401) throw new WechatPayError(code, status, about)
    await verifySignature(headers, body, keyOf, now()).catch((error: unknown) => {
      if (error instanceof SignatureRefused) {
        throw unavailable(`${about}: ${status}, ${error.message}`)
      }
      throw error
    })
    if (BUSY.has(code)) throw unavailable(`${about}: ${status} ${code}`)
    if (status !== 200 && status !== 204) {
      const field = refusal.data?.detail?.field
      const at = field !== undefined && /^[\w/.[\]-]{1,64}$/.test(field) ? ` at ${field}` : ''
      throw new WechatPayError(code, status, `${about}${at}`)
    }
    const parsed = z.safeParse(schema, jsonOf(body))
    if (!parsed.success) throw unavailable(`${about}: the answer has another form`)
    return parsed.data
  }
}

/** WeChat's support asks for it. */
function requestIdOf({ headers }: RawAnswer): string {
  const id = headers['request-id'] ?? ''
  return /^[\w-]{1,64}$/.test(id) ? id : 'without id'
}

/** @returns undefined for an empty body, and for what is not JSON */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
