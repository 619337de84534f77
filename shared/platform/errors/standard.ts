import { ApiError, type FieldProblem } from './api-error.ts'

/** 400: the request does not have the form that the contract asks for; names each wrong field. */
export class ValidationFailed extends ApiError {
  static override readonly code = 40001
  static override readonly summary = 'the request is not valid: see details'

  /** @param problems every wrong field, so that a client can mend all of them at once */
  static of(problems: FieldProblem[]): ValidationFailed {
    return new ValidationFailed(problems)
  }
}

/** 401: no access token, or not one of ours. */
export class NotSignedIn extends ApiError {
  static override readonly code = 40101
  static override readonly summary = 'sign in first: the access token is missing or not valid'
}

/** 401: the access token was good once; refresh it. */
export class TokenExpired extends ApiError {
  static override readonly code = 40102
  static override readonly summary = 'the access token has expired: refresh it'
}

/** 401: the session behind the token was ended; sign in again. */
export class SessionEnded extends ApiError {
  static override readonly code = 40103
  static override readonly summary = 'the session has ended: sign in again'
}

/** 403: signed in, but this is not for this role. */
export class NotAllowed extends ApiError {
  static override readonly code = 40301
  static override readonly summary = 'this is not for your role'
}

/** 404: does not exist, or belongs to somebody else. */
export class NotFound extends ApiError {
  static override readonly code = 40401
  static override readonly summary = 'not found'
}

/**
 * 409: the first request with this Idempotency-Key is still being answered, or was cut off and can't be
 * taken over yet; the same request makes sense again after `retryAfterSeconds`.
 */
export class KeyInProgress extends ApiError {
  static override readonly code = 40903
  static override readonly summary =
    'the first request with this Idempotency-Key is still in progress: try again after Retry-After'
}

/** 422: the idempotency key was used before, with another body, path or query. */
export class KeyReused extends ApiError {
  static override readonly code = 42201
  static override readonly summary = 'this Idempotency-Key was used with another body'
}

/** 413: the body is larger than the route takes. */
export class BodyTooLarge extends ApiError {
  static override readonly code = 41301
  static override readonly summary = 'the body is larger than 256 KiB'
}

/** 429: too many requests; waits `retryAfterSeconds`. */
export class RateLimited extends ApiError {
  static override readonly code = 42901
  static override readonly summary = 'too many requests: slow down'
}

/** 503: something that the request needs does not answer; trying again later makes sense. */
export class Unavailable extends ApiError {
  static override readonly code = 50301
  static override readonly summary = 'the service is busy: try again in a moment'

  /**
   * @param upstream the part that failed, for the log ("database", "redis", …)
   * @param cause what it said; never shown to the client
   */
  static because(upstream: string, cause: unknown): Unavailable {
    const reason = new Error(`${upstream} is unavailable`, { cause })
    return new Unavailable(undefined, { cause: reason, retryAfterSeconds: 1 })
  }
}

/** 500: a defect of ours. The log has the cause under the same trace id. */
export class InternalError extends ApiError {
  static override readonly code = 50001
  static override readonly summary = 'something went wrong on our side'
}
