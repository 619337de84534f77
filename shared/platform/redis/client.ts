import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { Unavailable } from '../errors/standard.ts'
import { type Received, send } from '../net/send.ts'
import { callDeadline } from '../telemetry/scope.ts'

/** Longest wait for one Redis call, in milliseconds; the invocation's deadline may come first. */
const CALL_MILLIS = 1_500

/** Replies of Redis that mean a mistake of ours, not an outage. */
const COMMAND_ERROR = /^(ERR|WRONGTYPE|NOSCRIPT|EXECABORT)\b/

/** Redis refused a command: a defect in the code that sent it. Holds no part of the command. */
export class RedisCommandFailed extends Error {
  override readonly name = 'RedisCommandFailed'
}

const unavailable = (why: string) => Unavailable.because('redis', new Error(why))

export type Argument = string | number

/**
 * Redis over Upstash's REST protocol: one POST per command, with a deadline, never sent twice, and
 * errors that hold no command. Why not the official driver: docs/decisions/0019-small-bundles.md;
 * its tests hold the two against each other.
 *
 * Every method throws Unavailable where Redis does not answer, RedisCommandFailed where it refuses.
 * @see https://upstash.com/docs/redis/features/restapi
 */
export class RedisClient {
  readonly #url: string
  readonly #token: string
  /** A global database answers no older than the last answer: it gives out this for us to send back. */
  #syncToken = ''

  constructor({ url, token }: { url: string; token: string }) {
    this.#url = url
    this.#token = token
  }

  /**
   * Sends one command.
   * @param command e.g. `['EXPIRE', key, 60]`
   * @returns the reply as JSON has it: text, whole numbers, null, and lists of these
   */
  async send<Reply>(command: readonly Argument[]): Promise<Reply> {
    let response: Received
    try {
      response = await send(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${this.#token}`,
          'upstash-sync-token': this.#syncToken,
        },
        body: JSON.stringify(command),
        signal: callDeadline(CALL_MILLIS),
      })
    } catch (error) {
      throw Unavailable.because('redis', error)
    }
    let said: { result?: Reply; error?: string }
    try {
      said = await response.json()
    } catch {
      throw unavailable(`status ${response.status}, not JSON`)
    }
    if (said.error !== undefined) {
      throw COMMAND_ERROR.test(said.error)
        ? new RedisCommandFailed(said.error)
        : unavailable(said.error.slice(0, 120))
    }
    if (!response.ok || said.result === undefined) throw unavailable(`status ${response.status}`)
    this.#syncToken = response.headers.get('upstash-sync-token') ?? ''
    return said.result
  }

  get<Value extends string = string>(key: string): Promise<Value | null> {
    return this.send(['GET', key])
  }

  /** @returns null where `nx` kept it from being written */
  set(
    key: string,
    value: Argument,
    { nx, ex, px }: { nx?: boolean; ex?: number; px?: number } = {},
  ): Promise<'OK' | null> {
    const command: Argument[] = ['SET', key, value]
    if (nx) command.push('NX')
    if (ex !== undefined) command.push('EX', ex)
    if (px !== undefined) command.push('PX', px)
    return this.send(command)
  }

  /** @returns how many there were */
  del(...keys: string[]): Promise<number> {
    return this.send(['DEL', ...keys])
  }

  /** @returns how many of them there are */
  exists(...keys: string[]): Promise<number> {
    return this.send(['EXISTS', ...keys])
  }

  hget<Value extends string = string>(key: string, field: string): Promise<Value | null> {
    return this.send(['HGET', key, field])
  }

  ping(): Promise<string> {
    return this.send(['PING'])
  }

  eval<Reply>(
    source: string,
    keys: readonly string[],
    args: readonly Argument[] = [],
  ): Promise<Reply> {
    return this.send(['EVAL', source, keys.length, ...keys, ...args])
  }

  /** @throws RedisCommandFailed beginning with NOSCRIPT where the server has not seen the script */
  evalsha<Reply>(
    sha: string,
    keys: readonly string[],
    args: readonly Argument[] = [],
  ): Promise<Reply> {
    return this.send(['EVALSHA', sha, keys.length, ...keys, ...args])
  }
}

/** The container's one Redis client. */
export const redis = /* @__PURE__ */ once(() => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = settings()
  return new RedisClient({ url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN })
})
