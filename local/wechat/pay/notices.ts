import { setTimeout as sleep } from 'node:timers/promises'
import type { PayKeys } from './keys.ts'
import { signatureHeaders } from './signature.ts'
import { beijing } from './times.ts'

/** WeChat repeats after 15 s, 15 s, 30 s, 3 min … for a day; a developer does not wait so long. */
const REPEAT_MILLIS = [1000, 5000, 15_000, 30_000, 60_000]
/** WeChat gives a shop 5 s; a laptop that runs a whole stack gets more. */
const ANSWER_MILLIS = 15_000
const STALE_MILLIS = 360_000

export type Notice = {
  id: string
  event: 'TRANSACTION.SUCCESS' | 'REFUND.SUCCESS'
  createdAt: number
  url: string
  content: Record<string, unknown>
}
export const TAMPERS = ['signature', 'body', 'timestamp', 'amount'] as const
export type Tamper = (typeof TAMPERS)[number]
/** Status 0: the shop could not be reached, `body` says why. */
export type Delivery = { status: number; body?: unknown }

const ok = ({ status }: Delivery) => status >= 200 && status < 300

/**
 * Sends signed, encrypted notices to the shop.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791861 (payment), …/4012791865 (refund)
 */
export class Notifier {
  readonly #keys: PayKeys
  readonly #now: () => number
  readonly #stopping: AbortSignal

  /** @param stopping ends repetitions that wait, and deliveries under way */
  constructor(keys: PayKeys, now: () => number, stopping: AbortSignal) {
    this.#keys = keys
    this.#now = now
    this.#stopping = stopping
  }

  /**
   * Delivers a notice `times` times at once. One that no delivery got through is repeated later in the
   * background, as long as the stand-in runs; a forged one never is.
   */
  async deliver(
    notice: Notice,
    {
      times = 1,
      delayMillis = 0,
      tamper,
    }: { times?: number; delayMillis?: number; tamper?: Tamper | undefined } = {},
  ): Promise<Delivery[]> {
    if (delayMillis > 0) await this.#wait(delayMillis)
    const sending = Array.from({ length: times }, () => this.#send(notice, tamper))
    const deliveries = await Promise.all(sending)
    if (tamper === undefined && times > 0 && !deliveries.some(ok)) this.#repeatLater(notice)
    return deliveries
  }

  #repeatLater(notice: Notice): void {
    const repeat = async () => {
      for (const millis of REPEAT_MILLIS) {
        await this.#wait(millis)
        if (ok(await this.#send(notice, undefined))) return
      }
    }
    // Rejects only when the stand-in stops.
    void repeat().catch(() => {})
  }

  #wait(millis: number): Promise<void> {
    return sleep(millis, undefined, { ref: false, signal: this.#stopping })
  }

  async #send(notice: Notice, tamper: Tamper | undefined): Promise<Delivery> {
    const { headers, body } = this.#signed(notice, tamper)
    try {
      const response = await fetch(notice.url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.any([this.#stopping, AbortSignal.timeout(ANSWER_MILLIS)]),
      })
      const text = await response.text()
      return { status: response.status, ...(text === '' ? {} : { body: jsonOr(text) }) }
    } catch (error) {
      const { message, cause } = error as Error
      return { status: 0, body: cause instanceof Error ? cause.message || `${cause}` : message }
    }
  }

  #signed(notice: Notice, tamper: Tamper | undefined) {
    const { id, event, createdAt, content } = notice
    const kind = event === 'REFUND.SUCCESS' ? 'refund' : 'transaction'
    const body = JSON.stringify({
      id,
      create_time: beijing(createdAt),
      resource_type: 'encrypt-resource',
      event_type: event,
      summary: kind === 'refund' ? '退款成功' : '支付成功',
      resource: {
        original_type: kind,
        ...this.#keys.encrypt(JSON.stringify(content), kind),
      },
    })
    const now = this.#now() - (tamper === 'timestamp' ? STALE_MILLIS : 0)
    const signedBody = tamper === 'signature' ? `${body} ` : body
    const headers = {
      accept: '*/*',
      'content-type': 'application/json',
      pragma: 'no-cache',
      'user-agent': 'Mozilla/4.0',
      ...signatureHeaders(this.#keys, signedBody, now),
    }
    // Another id: the body stays JSON of the right form.
    return { headers, body: tamper === 'body' ? body.replace(id, changed(id)) : body }
  }
}

const changed = (id: string) => `${id.startsWith('0') ? '1' : '0'}${id.slice(1)}`

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
