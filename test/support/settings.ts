import { generateKeyPairSync } from 'node:crypto'
import { setLogLevel } from '../../shared/platform/telemetry/log.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 })
const wechatPay = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Settings for tests of single parts: complete, and pointing nowhere. Real services replace them. */
const SETTINGS: Record<string, string> = {
  STAGE: 'test',
  LOG_LEVEL: 'error',
  DATABASE_URL: 'http://user:password@127.0.0.1:9/minimall',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  AWS_REGION: 'ap-southeast-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_SESV2: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
  EXPORT_BUCKET: 'minimall-test-exports',
  QUEUE_URL_PREFIX: 'http://127.0.0.1:9/000000000000/minimall-test-',
  JWT_KEYS: JSON.stringify({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'test' }] }),
  WECHAT_API_URL: 'http://127.0.0.1:9',
  WECHAT_APP_ID: 'wx0123456789abcdef',
  WECHAT_APP_SECRET: 'test',
  WECHAT_PAY_URL: 'http://127.0.0.1:9',
  WECHAT_PAY_MCH_ID: '1900000109',
  WECHAT_PAY_MCH_SERIAL: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C',
  WECHAT_PAY_MCH_PRIVATE_KEY: merchant.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string,
  WECHAT_PAY_API_V3_KEY: '0123456789abcdef0123456789abcdef',
  WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_TEST',
  WECHAT_PAY_PUBLIC_KEY: wechatPay.publicKey.export({ type: 'spki', format: 'pem' }) as string,
  API_URL: 'https://shop.example.com',
  MAIL_FROM: 'shop@example.com',
}

for (const [name, value] of Object.entries(SETTINGS)) process.env[name] ??= value
setLogLevel('error')
