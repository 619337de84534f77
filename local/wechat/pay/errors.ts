/** The statuses that WeChat Pay gives with its codes. */
const STATUS: Readonly<Record<string, number>> = {
  SIGN_ERROR: 401,
  ACCOUNT_ERROR: 403,
  NO_AUTH: 403,
  NOT_ENOUGH: 403,
  OUT_TRADE_NO_USED: 403,
  RULE_LIMIT: 403,
  TRADE_ERROR: 403,
  USER_ACCOUNT_ABNORMAL: 403,
  ORDER_NOT_EXIST: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  BANK_ERROR: 500,
  INVALID_TRANSACTIONID: 500,
  OPENID_MISMATCH: 500,
  SYSTEM_ERROR: 500,
}

/**
 * A refusal of WeChat Pay, in its own codes; those that are not in the table come with status 400.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791856 and the pages next to it, "错误码"
 */
export class PayError extends Error {
  override readonly name = 'PayError'
  readonly status: number
  readonly code: string
  readonly detail: Record<string, unknown> | undefined

  constructor(code: string, message: string, detail?: Record<string, unknown>) {
    super(message)
    this.status = STATUS[code] ?? 400
    this.code = code
    this.detail = detail
  }
}
