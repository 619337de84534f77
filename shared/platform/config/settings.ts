import { readTemplates } from '../wechat/templates.ts'
import {
  json,
  list,
  matching,
  oneOf,
  optional,
  pem,
  type Reader,
  text,
  url,
  wholeNumber,
  withDefault,
} from './readers.ts'

/** A private Ed25519 key as a JWK (RFC 8037), with the id under which its public half is published. */
export type SigningKey = { kty: 'OKP'; crv: 'Ed25519'; kid: string; x: string; d: string }

const isText = (value: unknown) => typeof value === 'string' && value !== ''

function isSigningKey(value: unknown): value is SigningKey {
  const { kty, crv, kid, x, d } = Object(value) as Partial<Record<keyof SigningKey, unknown>>
  return kty === 'OKP' && crv === 'Ed25519' && [kid, x, d].every(isText)
}

function readKeys(value: unknown): { keys: SigningKey[] } | undefined {
  const { keys } = Object(value) as { keys?: unknown }
  const valid = Array.isArray(keys) && keys.length > 0 && keys.every(isSigningKey)
  return valid ? { keys } : undefined
}

/**
 * A setting: how it is read, what it is for, whether it is a secret, and a sample for `.env.example`.
 * Secrets have no default and come from SSM when deployed; docs/settings.md is made from this table.
 */
const setting = <T>(
  reader: Reader<T>,
  about: string,
  options: { secret?: true; sample?: string } = {},
) => ({ reader, about, ...options })

export const SETTINGS = {
  STAGE: setting(text, 'Name of the deployment: local, test, dev, prod, …', { sample: 'dev' }),
  LOG_LEVEL: setting(
    withDefault(oneOf('debug', 'info', 'warn', 'error'), 'info'),
    'Lowest level that is logged.',
  ),
  DATABASE_URL: setting(
    url,
    'Primary database, as PlanetScale gives it: https://user:password@host/database.',
    {
      secret: true,
      sample: 'https://USER:PASSWORD@aws.connect.psdb.cloud/minimall',
    },
  ),
  DATABASE_REPLICA_URL: setting(
    optional(url),
    'Read replica, in the same form. Left out: reads go to the primary.',
    { secret: true, sample: 'https://USER:PASSWORD@aws.connect.psdb.cloud/minimall' },
  ),
  SLOW_QUERY_MS: setting(
    wholeNumber(1000, 0, 60_000),
    'Milliseconds from which a statement is logged as slow, with its plan; 0 logs every statement.',
  ),
  UPSTASH_REDIS_REST_URL: setting(url, 'Upstash Redis REST address.', {
    secret: true,
    sample: 'https://NAME.upstash.io',
  }),
  UPSTASH_REDIS_REST_TOKEN: setting(text, 'Upstash Redis REST token.', { secret: true }),
  AWS_REGION: setting(text, 'Region of the queues and of SES; Lambda sets it.', {
    sample: 'ap-southeast-1',
  }),
  AWS_ENDPOINT_URL_SQS: setting(optional(url), 'SQS server in place of AWS (local stack).'),
  AWS_ENDPOINT_URL_SESV2: setting(optional(url), 'SES server in place of AWS (local stack).'),
  AWS_ENDPOINT_URL_S3: setting(optional(url), 'S3 server in place of AWS (local stack).'),
  AWS_ENDPOINT_URL_CLOUDWATCH: setting(
    optional(url),
    'CloudWatch server in place of AWS (local stack).',
  ),
  QUEUE_URL_PREFIX: setting(
    url,
    'What stands before the name of a queue in its URL; serverless.yml sets it.',
    { sample: 'https://sqs.ap-southeast-1.amazonaws.com/123456789012/minimall-dev-' },
  ),
  EXPORT_BUCKET: setting(text, 'S3 bucket of exported files; serverless.yml sets it.', {
    sample: 'minimall-dev-exports-123456789012',
  }),
  EXPORT_BUCKET_REGION: setting(
    optional(text),
    'Region of that bucket; serverless.yml sets it. Left out: AWS_REGION.',
    { sample: 'ap-southeast-1' },
  ),
  EXPORT_URL_MINUTES: setting(
    wholeNumber(15, 1, 720),
    'Minutes for which the address of an exported file is good; each look at the export makes a new one.',
  ),
  JWT_KEYS: setting(
    json(readKeys),
    'Private Ed25519 keys as a JWK set. The first signs; all are published and accepted. Read again every 5 minutes; npm run keys makes and rotates them.',
    { secret: true, sample: '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"…","x":"…","d":"…"}]}' },
  ),
  JWT_ISSUER: setting(withDefault(text, 'minimall'), 'Issuer of access tokens.'),
  JWT_AUDIENCE: setting(withDefault(text, 'minimall-miniprogram'), 'Audience of access tokens.'),
  ACCESS_TOKEN_SECONDS: setting(wholeNumber(900, 30, 3600), 'Lifetime of an access token.'),
  SESSION_DAYS: setting(
    wholeNumber(30, 1, 365),
    'Days without a refresh after which a session ends.',
  ),
  REFRESH_GRACE_SECONDS: setting(
    wholeNumber(30, 0, 60),
    'Seconds for which a used refresh token gets the same answer again, until that is used: for lost answers.',
  ),
  WECHAT_API_URL: setting(
    withDefault(url, 'https://api.weixin.qq.com'),
    'Address of the WeChat API.',
  ),
  WECHAT_APP_ID: setting(text, 'App id of the mini-program.', { sample: 'wx0123456789abcdef' }),
  WECHAT_APP_SECRET: setting(text, 'App secret of the mini-program.', { secret: true }),
  WECHAT_PAY_URL: setting(
    withDefault(url, 'https://api.mch.weixin.qq.com'),
    'Address of WeChat Pay API v3.',
  ),
  WECHAT_PAY_MCH_ID: setting(matching(/^\d{6,32}$/), 'Merchant number at WeChat Pay.', {
    sample: '1900000109',
  }),
  WECHAT_PAY_MCH_SERIAL: setting(
    matching(/^[\dA-Fa-f]{8,64}$/),
    "Serial number of the merchant's API certificate, hexadecimal.",
    { sample: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C' },
  ),
  WECHAT_PAY_MCH_PRIVATE_KEY: setting(
    pem('PRIVATE KEY'),
    "Private key of the merchant's API certificate (PKCS#8 PEM; line breaks may be written as \\n).",
    { secret: true, sample: '-----BEGIN PRIVATE KEY-----\\n…\\n-----END PRIVATE KEY-----' },
  ),
  WECHAT_PAY_API_V3_KEY: setting(
    { read: (key) => (Buffer.byteLength(key) === 32 ? key : undefined) } as Reader<string>,
    'API v3 key, with which WeChat Pay encrypts notices and certificates: 32 bytes.',
    { secret: true, sample: 'the-32-bytes-API-v3-key-of-yours' },
  ),
  WECHAT_PAY_PUBLIC_KEY_ID: setting(
    optional(matching(/^PUB_KEY_ID_\w{1,64}$/)),
    "Id of WeChat Pay's public key. Left out: its answers are signed with platform certificates.",
    { sample: 'PUB_KEY_ID_0000000000000024101100397200000006' },
  ),
  WECHAT_PAY_PUBLIC_KEY: setting(
    optional(pem('PUBLIC KEY')),
    "WeChat Pay's public key (PEM), together with its id.",
    { sample: '-----BEGIN PUBLIC KEY-----\\n…\\n-----END PUBLIC KEY-----' },
  ),
  API_URL: setting(
    url,
    'Public address of this API, without a path; WeChat Pay sends its notices there.',
    {
      sample: 'https://api.example.com',
    },
  ),
  WECHAT_TEMPLATES: setting(
    optional(json(readTemplates)),
    'Templates of the subscribe messages for paid, shipped and refunded orders: docs/operations.md.',
    {
      sample:
        '{"paid":{"id":"…","page":"pages/order/order?id={orderId}","data":{"thing1":"{title}"}}}',
    },
  ),
  ADMIN_OPENIDS: setting(
    list,
    'Openids, separated by commas, that become admins when they sign in.',
  ),
  MAIL_FROM: setting(text, 'Sender of e-mails; SES must know the address.', {
    sample: 'Shop <shop@example.com>',
  }),
  MAIL_RATE: setting(
    wholeNumber(14, 1, 10_000),
    'Recipients a second over all functions; not above the sending rate of your SES account.',
  ),
  MAIL_CONFIGURATION_SET: setting(
    optional(text),
    'SES configuration set that reports bounces; serverless.yml sets it.',
  ),
  MAIL_LANGUAGE: setting(
    withDefault(oneOf('zh', 'en'), 'zh'),
    'Language of order mails to users whose own is not known.',
  ),
  UNPAID_MINUTES: setting(
    wholeNumber(15, 1, 1440),
    'Minutes after which an unpaid order is closed and its stock given back.',
  ),
  CONFIRM_DAYS: setting(
    wholeNumber(10, 1, 90),
    'Days after shipping at which an order that its buyer has not confirmed is completed.',
  ),
  LIMIT_FACTOR: setting(
    wholeNumber(1, 1, 1_000_000),
    'What every rate limit is multiplied by: for load tests that come from few addresses and users.',
  ),
  RELAY_AFTER_SECONDS: setting(
    wholeNumber(30, 1, 3600),
    'Age at which the relay sends a message again that should have been sent.',
  ),
} as const

type Read<T> = T extends { reader: Reader<infer Value> } ? Value : never
export type Settings = { readonly [Name in keyof typeof SETTINGS]: Read<(typeof SETTINGS)[Name]> }

/** Settings that mean something only together. */
const PAIRS = [['WECHAT_PAY_PUBLIC_KEY_ID', 'WECHAT_PAY_PUBLIC_KEY']] as const

/** Thrown at cold start when settings are missing or wrong; names all of them at once. */
export class SettingsInvalid extends Error {
  override readonly name = 'SettingsInvalid'
}

/** Checks one setting. @throws SettingsInvalid; never repeats the value */
export function parseSetting<Name extends keyof Settings>(name: Name, value: string) {
  const { reader, about } = SETTINGS[name]
  const read = reader.read(value)
  if (read === undefined) throw new SettingsInvalid(`${name} is not valid. ${about}`)
  return read as Settings[Name]
}

/**
 * Checks settings against {@link SETTINGS}.
 * @param source names and values, as in `process.env`; an empty one is left out
 * @throws SettingsInvalid naming every missing or wrong setting; never repeats a value
 */
export function parseSettings(source: Record<string, string | undefined>): Settings {
  const problems: string[] = []
  const settings: Record<string, unknown> = {}
  for (const [name, { reader, about }] of Object.entries<{
    reader: Reader<unknown>
    about: string
  }>(SETTINGS)) {
    const value = source[name] || undefined
    const read = value === undefined ? reader.missing?.value : reader.read(value)
    settings[name] = read
    if (value === undefined && reader.missing === undefined) {
      problems.push(`  ${name} is missing. ${about}`)
    } else if (value !== undefined && read === undefined) {
      problems.push(`  ${name} is not valid. ${about}`)
    }
  }
  for (const [one, other] of PAIRS) {
    if (!source[one] !== !source[other]) problems.push(`  ${one} and ${other} need each other.`)
  }
  if (problems.length > 0) {
    throw new SettingsInvalid(`${problems.length} setting(s) to mend:\n${problems.join('\n')}`)
  }
  return settings as Settings
}
