import { Redis, type RedisConfigNodejs } from '@upstash/redis'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { Unavailable } from '../errors/standard.ts'
import { callDeadline } from '../telemetry/scope.ts'

/** Longest wait for one Redis call, in milliseconds; the invocation's deadline may come first. */
const CALL_MILLIS = 1_500

/** Replies of Redis that mean a mistake of ours, not an outage. */
const COMMAND_ERROR = /^(ERR|WRONGTYPE|NOSCRIPT|EXECABORT)\b/

/** Redis refused a command: a defect in the code that sent it. Holds no part of the command. */
export class RedisCommandFailed extends Error {
  override readonly name = 'RedisCommandFailed'
}

/** The driver repeats the whole command in its errors: this keeps only what Redis said. */
function withoutCommand(error: unknown): Error {
  const message = error instanceof Error ? error.message : 'failed'
  const said = message.split(', command was:', 1)[0] ?? ''
  return COMMAND_ERROR.test(said)
    ? new RedisCommandFailed(said)
    : Unavailable.because('redis', new Error(said.slice(0, 120)))
}

/**
 * The Upstash driver with what it leaves open closed: a deadline on every call, no silent retries
 * (it would send EVAL and INCR again), and errors that hold no command.
 */
export class RedisClient extends Redis {
  constructor({ url, token }: { url: string; token: string }) {
    const config: RedisConfigNodejs = {
      url,
      token,
      // Not `false`: with that the driver still sends twice.
      retry: { retries: 0 },
      signal: () => callDeadline(CALL_MILLIS),
      automaticDeserialization: false,
      responseEncoding: false,
      enableAutoPipelining: false,
      enableTelemetry: false,
    }
    super(config)
    const inner = this.client
    this.client = {
      ...inner,
      request: async (request) => {
        try {
          return await inner.request(request)
        } catch (error) {
          throw withoutCommand(error)
        }
      },
    }
  }
}

/** The container's one Redis client. */
export const redis = /* @__PURE__ */ once(() => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = settings()
  return new RedisClient({ url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN })
})
