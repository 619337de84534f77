import { randomBytes } from 'node:crypto'
import type { App, Call, Reply } from './app.ts'

type Tokens = App['tokens']

const LIFETIME_SECONDS = 7200
/** Within the last five minutes a new token is given out, and the old one is still good. */
const HANDOVER_SECONDS = 300
/** A forced refresh so soon after another one gives back the token that there is. */
const FORCE_SECONDS = 30

/** The app's access tokens: those that are good, and the one that is given out. */
export class AccessTokens implements Tokens {
  readonly #ends = new Map<string, number>()
  #current = ''
  #forcedAt = Number.NEGATIVE_INFINITY

  get #left(): number {
    return (this.#ends.get(this.#current) ?? 0) - Date.now() / 1000
  }

  issue(force: boolean): { token: string; seconds: number } {
    const now = Date.now() / 1000
    const forced = force && now - this.#forcedAt >= FORCE_SECONDS
    if (forced) {
      this.#ends.clear()
      this.#forcedAt = now
    }
    if (forced || this.#left <= HANDOVER_SECONDS) {
      this.#current = randomBytes(48).toString('base64url')
      this.#ends.set(this.#current, now + LIFETIME_SECONDS)
    }
    return { token: this.#current, seconds: Math.floor(this.#left) }
  }

  refusal(token: string | null): Reply | undefined {
    if (token === null || token === '') return { errcode: 41001, errmsg: 'access_token missing' }
    const end = this.#ends.get(token)
    if (end === undefined) {
      return { errcode: 40001, errmsg: 'invalid credential, access_token is invalid or not latest' }
    }
    if (end <= Date.now() / 1000) return { errcode: 42001, errmsg: 'access_token expired' }
    return undefined
  }

  /** Lets the end of all tokens come now (POST /mock/expire-token). */
  expire(): Reply {
    for (const token of this.#ends.keys()) this.#ends.set(token, 0)
    return { expired: this.#ends.size }
  }
}

/**
 * POST /cgi-bin/stable_token: the same token until it ends, unless a new one is forced.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export function stableToken(app: App, { body }: Call): Reply {
  if (body.grant_type !== 'client_credential') {
    return { errcode: 40002, errmsg: 'invalid grant_type' }
  }
  if (body.appid !== app.appId) return { errcode: 40013, errmsg: 'invalid appid' }
  if (body.secret !== app.appSecret) return { errcode: 40125, errmsg: 'invalid appsecret' }
  const { token, seconds } = app.tokens.issue(body.force_refresh === true)
  return { access_token: token, expires_in: seconds }
}
