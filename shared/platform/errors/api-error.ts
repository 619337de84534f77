/** One wrong field of a request: where it stands and what is wrong with it. */
export type FieldProblem = { field: string; message: string }

type Options = ErrorOptions & {
  /** Replaces the class's standard sentence. Goes to the client: nothing internal belongs in it. */
  message?: string
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  retryAfterSeconds?: number
}

/**
 * An error that a client may see. One subclass per stable code; the code is the HTTP status times
 * 100 plus a number, and clients switch on it, never on the text.
 *
 * `details` goes to the client as well; what is only for the log belongs in `options.cause`.
 */
export abstract class ApiError extends Error {
  static readonly code: number
  static readonly summary: string

  readonly code: number
  readonly details: unknown
  readonly retryAfterSeconds: number | undefined

  constructor(details?: unknown, options: Options = {}) {
    super(options.message ?? new.target.summary, options)
    this.name = new.target.name
    this.code = new.target.code
    this.details = details
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return Math.floor(this.code / 100)
  }
}

/** A concrete subclass of {@link ApiError}, as named in a route's list of errors. */
export type ApiErrorClass = (new (
  details?: unknown,
  options?: Options,
) => ApiError) &
  Pick<typeof ApiError, 'code' | 'summary'>

/** @returns true where the same may succeed later: something does not answer, or did not in time */
export function isOutage(error: unknown): boolean {
  return error instanceof ApiError && error.status === 503
}
