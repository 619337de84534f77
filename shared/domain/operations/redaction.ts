/**
 * What admins may see of a message. Dead letters hold whole orders, and what nobody foresaw: so nothing
 * is shown but fields that are named here, and of those only values of the form that such a field has.
 */

export const HIDDEN = '[hidden]'

/** A mobile number in China, alone or in a longer text: also where an id or a number should be. */
const PHONE = /(?<!\d)1[3-9]\d{9}(?!\d)/
const matches = (form: RegExp) => (value: unknown) =>
  typeof value === 'string' && form.test(value) && !PHONE.test(value)
const oneOf = (words: readonly unknown[]) => (value: unknown) => words.includes(value)

const ulid = matches(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
const digits = matches(/^\d{1,19}$/)
const time = matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/)
const trace = matches(/^(?:[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/)
const whole = (value: unknown) => Number.isSafeInteger(value) && !PHONE.test(String(value))

/** By the name of a field, wherever it stands: whether its value is of the form that it has. */
const SHOWN: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: oneOf([
    ...['order.accepted', 'order.expires', 'order.moved', 'campaign.expand', 'campaign.slice'],
    ...['email.bounced', 'text.check', 'export.run'],
  ]),
  version: whole,
  id: trace,
  traceId: trace,
  occurredAt: time,
  orderId: ulid,
  campaignId: ulid,
  exportId: ulid,
  userId: digits,
  skuId: digits,
  productId: digits,
  couponId: digits,
  after: digits,
  priceFen: whole,
  discountFen: whole,
  totalFen: whole,
  quantity: whole,
  createdAt: time,
  expiresAt: time,
  from: whole,
  to: (value) => whole(value) || oneOf(['paid', 'shipped', 'refunded'])(value),
  attempt: whole,
  run: whole,
  kind: oneOf(['nickname', 'remark', 'Bounce', 'Complaint']),
}
/** Hold fields, and are gone into. */
const HOLDERS = new Set(['data', 'items'])
/** Of these the name may be seen, never the value. */
const NAMED = new Set([
  ...['address', 'remark', 'title', 'skuTitle', 'image', 'messageId'],
  ...['name', 'phone', 'province', 'city', 'district', 'detail', 'email', 'nickname', 'token'],
])

/** @returns the value of a field where it may be seen, else undefined */
export function shown<T>(name: string, value: T): T | undefined {
  return Object.hasOwn(SHOWN, name) && SHOWN[name]?.(value) ? value : undefined
}

/** A parsed message as admins may see it; the names of unknown fields are hidden as well. */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return HIDDEN
  const entries = Object.entries(value).map(([name, part], index) => {
    if (HOLDERS.has(name)) return [name, redacted(part)]
    if (Object.hasOwn(SHOWN, name)) return [name, shown(name, part) ?? HIDDEN]
    return [NAMED.has(name) ? name : `[field ${index + 1}]`, HIDDEN]
  })
  return Object.fromEntries(entries)
}

/** A body as it lies in a queue: what is no JSON is hidden whole. */
export function redactedBody(body: string): unknown {
  return redacted(parsed(body))
}

/** @returns what a body says, or undefined where it is not JSON */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** The causes of which jobs speak when they set a message aside, without what the message said. */
const REASONS = [
  /^the body is not JSON$/,
  /^the body is not one of our messages$/,
  /^there is no such (?:order|export|campaign)$/,
]

/**
 * Why a letter was set aside. A job's sentence may repeat what the message said: of those that name a
 * type or fields only the beginning is told.
 */
export function reasonOf(reason: string | undefined): string {
  if (reason === undefined) return 'its tries were used up: see the log of its trace'
  if (REASONS.some((known) => known.test(reason))) return reason
  const refused = /^\/[a-z/_-]{1,60}: errcode -?\d{1,9}(?!\d)/.exec(reason)?.[0]
  if (refused !== undefined) return refused
  if (reason.startsWith('unknown message ')) return 'an unknown type or version'
  const where = /^bad data in ([a-z.]+) version (\d+): ([\w., ]*)$/.exec(reason)
  if (where === null) return HIDDEN
  const [, type, version = '', fields = ''] = where
  const named = fields.split(', ').map((path) =>
    path
      .split('.')
      .map((part) => (isFieldName(part) ? part : HIDDEN))
      .join('.'),
  )
  return `bad data in ${shown('type', type) ?? HIDDEN} version ${version.slice(0, 3)}: ${named.join(', ')}`
}

const isFieldName = (part: string) =>
  Object.hasOwn(SHOWN, part) || NAMED.has(part) || HOLDERS.has(part) || /^\d{1,3}$/.test(part)
