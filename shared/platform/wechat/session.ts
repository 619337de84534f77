import * as z from 'zod/mini'
import { settings } from '../config/index.ts'
import { ApiError } from '../errors/api-error.ts'
import { Unavailable } from '../errors/standard.ts'
import { send } from '../net/send.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { callDeadline } from '../telemetry/scope.ts'

const PATH = '/sns/jscode2session'
const CALL_MILLIS = 3_000
/** Not valid, used before, or of a user that WeChat has blocked. */
const REFUSED = new Set([40029, 40163, 40226])

/** 401: WeChat does not take a code of wx.login or getPhoneNumber: each is good once, for minutes. */
export class WeChatRefusedCode extends ApiError {
  static override readonly code = 40104
  static override readonly summary = 'WeChat refused the code: get a new one'
}

const Answer = z.object({ errcode: z.optional(z.int()), openid: z.optional(z.string()) })

/**
 * Trades a code of `wx.login` for the user's openid. The session_key that comes with it goes no
 * further: nothing here needs it, and it must never leave the server or reach a log. Asked once: a code is
 * used up by being asked about.
 * @throws WeChatRefusedCode, Unavailable
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 */
export function openidOfCode(code: string): Promise<string> {
  return breakerOf(`wechat ${PATH}`).run(() => ask(code))
}

async function ask(code: string): Promise<string> {
  const { WECHAT_API_URL, WECHAT_APP_ID, WECHAT_APP_SECRET } = settings()
  const query = new URLSearchParams({
    appid: WECHAT_APP_ID,
    secret: WECHAT_APP_SECRET,
    js_code: code,
    grant_type: 'authorization_code',
  })
  let answer: z.output<typeof Answer>
  try {
    const response = await send(`${WECHAT_API_URL}${PATH}?${query}`, {
      signal: callDeadline(CALL_MILLIS),
    })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    answer = z.parse(Answer, await response.json())
  } catch (error) {
    // The address holds the secret, and errors may hold the address.
    const { name } = error as Error
    throw Unavailable.because('wechat', new Error(`jscode2session failed: ${name}`))
  }
  const { errcode = 0, openid } = answer
  if (REFUSED.has(errcode)) throw new WeChatRefusedCode()
  if (errcode !== 0 || openid === undefined) {
    throw Unavailable.because('wechat', new Error(`jscode2session: errcode ${errcode}`))
  }
  return openid
}
