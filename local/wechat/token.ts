import { randomBytes } from 'node:crypto'
import type { App, Call, Reply } from './app.ts'

const LIFETIME_SECONDS = 7200

/**
 * POST /cgi-bin/stable_token: the same token until it ends, unless a new one is forced.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export function stableToken(app: App): (call: Call) => Reply {
  let current: { token: string; until: number } | undefined
  return ({ body }) => {
    if (body.grant_type !== 'client_credential')
      return { errcode: 40002, errmsg: 'invalid grant_type' }
    if (body.appid !== app.appId) return { errcode: 40013, errmsg: 'invalid appid' }
    if (body.secret !== app.appSecret) return { errcode: 40125, errmsg: 'invalid appsecret' }
    const now = Date.now() / 1000
    if (current === undefined || current.until <= now || body.force_refresh === true) {
      current = { token: randomBytes(48).toString('base64url'), until: now + LIFETIME_SECONDS }
    }
    return { access_token: current.token, expires_in: Math.floor(current.until - now) }
  }
}
