import { randomBytes } from 'node:crypto'
import type { App, Call, Reply } from './app.ts'

const CODE = /^mock:([^:\n]{1,64}):[^\n]{1,128}$/

/**
 * GET /sns/jscode2session: `mock:NAME:NONCE` leads to the openid of NAME, once.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 */
export function session(app: App, { query }: Call): Reply {
  if (query.get('appid') !== app.appId) return { errcode: 40013, errmsg: 'invalid appid' }
  if (query.get('secret') !== app.appSecret) return { errcode: 40125, errmsg: 'invalid appsecret' }
  if (query.get('grant_type') !== 'authorization_code') {
    return { errcode: 40002, errmsg: 'invalid grant_type' }
  }
  const code = query.get('js_code') ?? ''
  const name = CODE.exec(code)?.[1]
  if (name === undefined) return { errcode: 40029, errmsg: 'invalid code' }
  if (!app.useCode(code)) return { errcode: 40163, errmsg: 'code been used' }
  return { openid: app.openidOf(name), session_key: randomBytes(16).toString('base64') }
}
