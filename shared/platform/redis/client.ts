import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { Unavailable } from '../errors/standard.ts'
import { type Received, send } from '../net/send.ts'
import { type Breaker, createBreaker } from '../resilience/breaker.ts'
import { lostOrAsked, retry, unlessAsked } from '../resilience/retry.ts'
import { callDeadline } from '../telemetry/scope.ts'

/** Longest wait for one Redis call, in milliseconds; the invocation's deadline may come first. */
const CALL_MILLIS = 1_500
/** Of a call that may be sent twice, where the connection was lost. */
const TRIES = 2

/** Replies of Redis that mean a mistake of ours, not an outage. */
const COMMAND_ERROR = /^(ERR|WRONGTYPE|NOSCRIPT|EXECABORT)\b/

/** Redis refused a command: a defect in the code that sent it. Holds no part of the command. */
export class RedisCommandFailed extends Error {
  override readonly name = 'RedisCommandFailed'
}

const unavailable = (why: string) => Unavailable.because('redis', new Error(why))

export type Argument = string | number

export type RedisOptions = {
  url: string
  token: string
  callMillis?: number
  /** Left out: every call is made. */
  breaker?: Pick<Breaker, 'run'>
}

/**
 * Redis over Upstash's REST protocol: one POST per command, with a deadline, and errors that hold no
 * command. Sent again are, where the connection was lost, reads and scripts: nothing else. Why not the official driver: docs/decisions/0019-small-bundles.md;
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
  readonly #callMillis: number
  readonly #breaker: Pick<Breaker, 'run'>

  constructor({ url, token, callMillis = CALL_MILLIS, breaker }: RedisOptions) {
    this.#url = url
    this.#token = token
    this.#callMillis = callMillis
    this.#breaker = breaker ?? { run: (work) => work() }
  }

  /**
   * Sends one command.
   * @param command e.g. `['EXPIRE', key, 60]`
   * @returns the reply as JSON has it: text, whole numbers, null, and lists of these
   */
  send<Reply>(command: readonly Argument[]): Promise<Reply> {
    return this.#breaker.run(() => this.#call(command, 1))
  }

  /** The same of a command that may be sent twice. */
  #ask<Reply>(command: readonly Argument[]): Promise<Reply> {
    return this.#breaker.run(() => this.#call(command, TRIES))
  }

  async #post(body: string): Promise<Received> {
    const answer = await send(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${this.#token}`,
        'upstash-sync-token': this.#syncToken,
      },
      body,
      signal: callDeadline(this.#callMillis),
    })
    return unlessAsked(answer)
  }

  async #call<Reply>(command: readonly Argument[], tries: number): Promise<Reply> {
    const body = JSON.stringify(command)
    let response: Received
    try {
      response = await retry(() => this.#post(body), { tries, again: lostOrAsked })
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
    return this.#ask(['GET', key])
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
    return this.#ask(['EXISTS', ...keys])
  }

  hget<Value extends string = string>(key: string, field: string): Promise<Value | null> {
    return this.#ask(['HGET', key, field])
  }

  ping(): Promise<string> {
    return this.#ask(['PING'])
  }

  /** @param source must be safe to run again where the answer was lost */
  eval<Reply>(
    source: string,
    keys: readonly string[],
    args: readonly Argument[] = [],
  ): Promise<Reply> {
    return this.#ask(['EVAL', source, keys.length, ...keys, ...args])
  }

  /** @throws RedisCommandFailed beginning with NOSCRIPT where the server has not seen the script */
  evalsha<Reply>(
    sha: string,
    keys: readonly string[],
    args: readonly Argument[] = [],
  ): Promise<Reply> {
    return this.#ask(['EVALSHA', sha, keys.length, ...keys, ...args])
  }
}

/**
 * Redis's own breaker, of this container alone: there is nowhere else to share it. So it opens by fewer
 * calls than the others.
 */
export const redisBreaker = /* @__PURE__ */ once(() =>
  createBreaker({ name: 'redis', rule: { calls: 20, failures: 9, inARow: 6 } }),
)

/** The container's one Redis client. */
export const redis = /* @__PURE__ */ once(() => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = settings()
  return new RedisClient({
    url: UPSTASH_REDIS_REST_URL,
    token: UPSTASH_REDIS_REST_TOKEN,
    breaker: redisBreaker(),
  })
})
