/**
 * The shop answered, and refused. Switch on `code`, never on the text:
 * `if (error instanceof ApiError && error.code === codes.outOfStock) …`
 */
export class ApiError extends Error {
  /** HTTP status times 100 plus a stable number; ends in 00 where a gateway answered, not the shop. */
  readonly code: number
  readonly status: number
  /** What to tell support: the shop's logs know the call by it. */
  readonly traceId: string
  /** With `codes.validationFailed`: each wrong field and what is wrong with it. */
  readonly details: unknown
  /** How long the shop asked to wait before the next try. */
  readonly retryAfterMillis: number | undefined

  constructor(answer: {
    code: number
    message: string
    traceId: string
    details?: unknown
    retryAfterMillis?: number | undefined
  }) {
    super(answer.message)
    this.name = 'ApiError'
    this.code = answer.code
    this.status = Math.floor(answer.code / 100)
    this.traceId = answer.traceId
    this.details = answer.details
    this.retryAfterMillis = answer.retryAfterMillis
  }
}

/** No answer of the shop arrived: no network, a time-out, a broken connection, a foreign page. */
export class NetworkError extends Error {
  readonly traceId: string

  constructor(reason: string, traceId: string) {
    super(reason)
    this.name = 'NetworkError'
    this.traceId = traceId
  }
}
