import { Unavailable } from '../../errors/standard.ts'

/** Refusals that pass: the same call with the same parameters may be taken later. */
const PASSING = new Set([
  // The merchant's balance does not cover the refund.
  'NOT_ENOUGH',
  // Refunds sometimes find an order only some time after it was paid.
  'RESOURCE_NOT_EXISTS',
  'STATEMENT_CREATING',
  'USERPAYING',
  'USER_PAYING',
])

/** WeChat Pay has understood the call and refuses it. Outages are {@link Unavailable} instead. */
export class WechatPayError extends Error {
  override readonly name = 'WechatPayError'
  /** True: the same call may be taken later. */
  readonly retryable: boolean
  /** WeChat's stable code, e.g. `PARAM_ERROR`. */
  readonly code: string
  /** The HTTP status. */
  readonly status: number

  /**
   * WeChat's own words stay out: they may repeat what was sent.
   * @param about what may be logged: the call, the field in question, WeChat's id of the request
   */
  constructor(code: string, status: number, about: string) {
    super(`${about}: ${status} ${code}`)
    this.code = code
    this.status = status
    this.retryable = PASSING.has(code)
  }
}

/**
 * A notice that is not, or not provably, WeChat Pay's, or not ours. Answer it with `status` and
 * `{"code":"FAIL","message":…}`; nothing of it may be used.
 */
export class NoticeRefused extends Error {
  override readonly name = 'NoticeRefused'
  /** 401: not provably from WeChat Pay; 400: signed, yet not a notice for this shop. */
  readonly status: 400 | 401

  constructor(status: 400 | 401, message: string) {
    super(message)
    this.status = status
  }
}

/** WeChat Pay did not answer, or not in a way to rely on. Holds no address and no header. */
export const unavailable = (about: string): Unavailable =>
  Unavailable.because('wechat-pay', new Error(about))
