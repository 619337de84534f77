import { Unavailable } from '../../platform/errors/standard.ts'
import { WechatPayError } from '../../platform/wechat/pay/index.ts'
import type { IncidentKind } from './incidents.ts'

/** WeChat reports a payment that does not fit any order: nothing is counted, a person has to look. */
export class PaymentMismatch extends Error {
  override readonly name = 'PaymentMismatch'
  readonly incident: { kind: IncidentKind; detail: string }

  constructor(kind: IncidentKind, detail: string) {
    super(`${kind}: ${detail}`)
    this.incident = { kind, detail }
  }
}

/**
 * Makes a refusal of WeChat Pay that nobody here has an answer to what it is to a client: 503. Its code
 * is in the log.
 */
export async function orUnavailable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof WechatPayError) throw Unavailable.because('wechat-pay', error)
    throw error
  }
}
