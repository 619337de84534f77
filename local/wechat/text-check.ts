import type { App, Call, Reply } from './app.ts'

const MAX_LENGTH = 2500
const FORBIDDEN = '违禁'
const DOUBTFUL = '可疑'
/** Labels: 100 nothing, 20006 against the law, 21000 something else. */
const VERDICTS = {
  pass: { suggest: 'pass', label: 100 },
  review: { suggest: 'review', label: 21000 },
  risky: { suggest: 'risky', label: 20006 },
}

/**
 * POST /wxa/msg_sec_check (version 2): a text with 违禁 is risky, one with 可疑 is for a person to look at.
 * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_msgseccheck.html
 */
export function textCheck(app: App, { body }: Call): Reply {
  const { version, openid, scene, content } = body
  if (version !== 2 || typeof content !== 'string' || content === '') {
    return { errcode: 44002, errmsg: 'empty post data' }
  }
  if (content.length > MAX_LENGTH) return { errcode: 45002, errmsg: 'content size out of limit' }
  if (![1, 2, 3, 4].includes(scene as number)) return { errcode: 40129, errmsg: 'invalid scene' }
  if (!app.isOpenid(openid)) return { errcode: 40003, errmsg: 'invalid openid' }
  const verdict = content.includes(FORBIDDEN)
    ? VERDICTS.risky
    : content.includes(DOUBTFUL)
      ? VERDICTS.review
      : VERDICTS.pass
  return { errcode: 0, errmsg: 'ok', result: verdict, trace_id: 'mock-trace' }
}
