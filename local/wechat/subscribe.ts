import type { App, Call, Reply } from './app.ts'

/** What WeChat takes as the value of a field, by the type that its name begins with. */
const VALUES: Readonly<Record<string, RegExp>> = {
  thing: /^[^\p{Cc}]{1,20}$/u,
  number: /^\d[\d.]{0,31}$/,
  letter: /^[A-Za-z]{1,32}$/,
  symbol: /^[^\p{L}\p{N}\p{Cc}]{1,5}$/u,
  character_string: /^[\x20-\x7e]{1,32}$/,
  time: /^(?:\d{4}年\d{1,2}月\d{1,2}日 )?\d{2}:\d{2}(?::\d{2})?$/,
  date: /^\d{4}(?:年\d{1,2}月\d{1,2}日|-\d{2}-\d{2})(?: \d{2}:\d{2}(?::\d{2})?)?$/,
  amount: /^[¥$€£]?\d{1,10}(?:\.\d{1,2})?元?$/,
  phone_number: /^[\d+-]{1,17}$/,
  car_number: /^[\p{Script=Han}A-Z0-9]{1,8}$/u,
  name: /^(?:\p{Script=Han}{1,10}|[A-Za-z .·'-]{1,20})$/u,
  phrase: /^\p{Script=Han}{1,5}$/u,
}

/** @returns the first field whose value WeChat would not take */
export function wrongField(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || Object.keys(data).length === 0) return 'data'
  for (const [field, entry] of Object.entries(data)) {
    const allowed = VALUES[/^([a-z_]+)\d{1,2}$/.exec(field)?.[1] ?? '']
    const { value } = (entry ?? {}) as { value?: unknown }
    if (typeof value !== 'string' || allowed?.test(value) !== true) return field
  }
  return undefined
}

/**
 * POST /cgi-bin/message/subscribe/send. Everybody has subscribed to everything, but for those of whom
 * POST /mock/subscriptions says otherwise.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 */
export function subscribeMessage(app: App, { body }: Call): Reply {
  const { touser, template_id, data } = body
  if (!app.isOpenid(touser)) return { errcode: 40003, errmsg: 'invalid openid' }
  if (typeof template_id !== 'string' || !/^[\w-]{20,64}$/.test(template_id)) {
    return { errcode: 40037, errmsg: 'invalid template_id' }
  }
  if (app.unsubscribed.has(touser as string)) {
    return { errcode: 43101, errmsg: 'user refuse to accept the msg' }
  }
  const wrong = wrongField(data)
  if (wrong !== undefined) {
    return { errcode: 47003, errmsg: `argument invalid! data.${wrong}.value invalid` }
  }
  app.note({ kind: 'subscribe', ...body })
  return { errcode: 0, errmsg: 'ok' }
}

/** POST /mock/subscriptions: whether NAME takes messages. */
export function subscriptions(app: App, { name, accepts }: Call['body']): Reply {
  const openid = app.openidOf(String(name))
  if (accepts === true) app.unsubscribed.delete(openid)
  else app.unsubscribed.add(openid)
  return { openid, accepts: accepts === true }
}
