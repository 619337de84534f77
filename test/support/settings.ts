import { generateKeyPairSync } from 'node:crypto'
import { setLogLevel } from '../../shared/platform/telemetry/log.ts'

const { privateKey } = generateKeyPairSync('ed25519')

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
  QUEUE_URL_PREFIX: 'http://127.0.0.1:9/000000000000/minimall-test-',
  JWT_KEYS: JSON.stringify({ keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'test' }] }),
  WECHAT_API_URL: 'http://127.0.0.1:9',
  WECHAT_APP_ID: 'wx0123456789abcdef',
  WECHAT_APP_SECRET: 'test',
  MAIL_FROM: 'shop@example.com',
}

for (const [name, value] of Object.entries(SETTINGS)) process.env[name] ??= value
setLogLevel('error')
