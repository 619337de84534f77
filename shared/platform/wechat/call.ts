import * as z from 'zod/mini'
import { isOutage } from '../errors/api-error.ts'
import { Unavailable } from '../errors/standard.ts'
import { send } from '../net/send.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { callDeadline } from '../telemetry/scope.ts'
import { WechatRefused } from './errors.ts'
import type { AccessToken, IssuedToken } from './token.ts'

const CALL_MILLIS = 3_000
const Outcome = z.object({ errcode: z.optional(z.int()), errmsg: z.optional(z.string()) })
const Issued = z.object({ access_token: z.string(), expires_in: z.int() })

/** A POST to WeChat's API with the app's access token. */
export type WechatCall = <Answer>(
  path: `/${string}`,
  body: unknown,
  answer: z.ZodMiniType<Answer>,
) => Promise<Answer>

/** WeChat answers, and says that it is too busy to do anything. */
const SYSTEM_BUSY = -1
const isFailure = (error: unknown) =>
  isOutage(error) || (error instanceof WechatRefused && error.errcode === SYSTEM_BUSY)

/**
 * One POST. Addresses may hold the access token and errors the address: what is thrown
 * names the path only.
 * @throws WechatRefused with WeChat's code; Unavailable where it does not answer as it should
 */
function post<Answer>(
  url: string,
  path: `/${string}`,
  query: string,
  body: unknown,
  answer: z.ZodMiniType<Answer>,
): Promise<Answer> {
  return breakerOf(`wechat ${path}`, isFailure).run(async () =>
    answerOf(path, await exchange(url, path, query, body), answer),
  )
}

const failure = (path: string, why: string) =>
  Unavailable.because('wechat', new Error(`${path}: ${why}`))

async function exchange(url: string, path: string, query: string, body: unknown): Promise<unknown> {
  try {
    const response = await send(`${url}${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: callDeadline(CALL_MILLIS),
    })
    if (!response.ok) throw failure(path, `status ${response.status}`)
    return await response.json()
  } catch (error) {
    throw error instanceof Unavailable ? error : failure(path, (error as Error).name)
  }
}

/** WeChat answers errors with status 200. */
function answerOf<Answer>(path: string, reply: unknown, answer: z.ZodMiniType<Answer>): Answer {
  const outcome = z.safeParse(Outcome, reply)
  if (!outcome.success) throw failure(path, 'an answer of another form')
  const { errcode = 0, errmsg } = outcome.data
  if (errcode !== 0) throw new WechatRefused(path, errcode, errmsg)
  const checked = z.safeParse(answer, reply)
  if (!checked.success) throw failure(path, 'an answer of another form')
  return checked.data
}

/**
 * Calls with the access token that all instances share. A token that WeChat refuses is replaced,
 * and the call made once more.
 */
export function createWechatCall(url: string, token: AccessToken): WechatCall {
  return async (path, body, answer) => {
    const attempt = (accessToken: string) =>
      post(url, path, `?access_token=${encodeURIComponent(accessToken)}`, body, answer)
    const first = await token.get()
    try {
      return await attempt(first)
    } catch (error) {
      if (!(error instanceof WechatRefused) || error.remedy !== 'refresh') throw error
      return attempt(await token.replace(first))
    }
  }
}

export type App = { url: string; appId: string; appSecret: string }

/**
 * Asks for the stable access token.
 * @param force makes WeChat issue a new one, and end the one before: at most 20 times a day
 * @throws Unavailable also where WeChat refuses: nothing that a caller of ours could mend
 */
export async function issueToken(app: App, force: boolean): Promise<IssuedToken> {
  const { url, appId: appid, appSecret: secret } = app
  const body = { grant_type: 'client_credential', appid, secret, force_refresh: force }
  try {
    const { access_token, expires_in } = await post(url, '/cgi-bin/stable_token', '', body, Issued)
    return { token: access_token, seconds: expires_in }
  } catch (error) {
    throw error instanceof WechatRefused ? Unavailable.because('wechat', error) : error
  }
}
