import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2, Context, SQSEvent } from 'aws-lambda'
import { beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { ROOT } from '../../local/root.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { signAccess, verifyAccess } from '../../shared/platform/auth/access.ts'
import { openBucket } from '../../shared/platform/files/bucket.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import type { Job } from '../../shared/platform/jobs/job.ts'
import type { Schedule } from '../../shared/platform/jobs/schedule.ts'
import { sendBulkMail } from '../../shared/platform/mail/ses.ts'
import type { Sending, send } from '../../shared/platform/net/send.ts'
import { invocation } from '../../shared/platform/telemetry/invocation.ts'
import { wechatPay } from '../../shared/platform/wechat/pay/index.ts'
import { contextOf } from '../support/context.ts'

/** Calls to one upstream are neither answered nor refused, and end only by their signal. */
let hangs = (_address: URL) => false
const hung: { address: URL; signal: AbortSignal | undefined }[] = []
vi.mock('../../shared/platform/net/send.ts', async (importOriginal) => {
  const real = await importOriginal<{ send: typeof send }>()
  const sent: typeof send = (url, sending: Sending = {}) => {
    const address = new URL(url)
    if (!hangs(address)) return real.send(url, sending)
    const { signal } = sending
    hung.push({ address, signal })
    const { promise, reject } = Promise.withResolvers<never>()
    signal?.throwIfAborted()
    signal?.addEventListener('abort', () => reject(signal.reason))
    return promise
  }
  return { ...real, send: sent }
})

/** Deadline in 990 ms: just too little for a breaker to take it for the upstream's fault. */
const context = () => contextOf(1_290)
const env = inject('env')
const at = (name: string, path = /^/) => {
  const { host } = new URL(env[name] ?? '')
  return (address: URL) => address.host === host && path.test(address.pathname)
}
const UPSTREAMS = {
  database: at('DATABASE_URL'),
  replica: at('DATABASE_REPLICA_URL'),
  redis: at('UPSTASH_REDIS_REST_URL'),
  sqs: at('AWS_ENDPOINT_URL_SQS', /^\/$/),
  s3: at('AWS_ENDPOINT_URL_S3', /^\/./),
  ses: at('AWS_ENDPOINT_URL_SESV2'),
  cloudwatch: at('AWS_ENDPOINT_URL_CLOUDWATCH'),
  wechat: at('WECHAT_API_URL', /^(?!\/v3\/)/),
  'wechat pay': at('WECHAT_PAY_URL', /^\/v3\//),
}

/** Upstreams that no sample event gets as far as: their clients, as a function calls them. */
const CLIENTS = [
  () => openBucket(env.EXPORT_BUCKET ?? '').has('hanging'),
  () => sendBulkMail({ subject: 'x', html: 'x' }, ['hanging@example.com']),
  () => wechatPay().query(randomUUID()),
]

/** What nearly everything needs hangs alone, the others together. */
const PHASES: (keyof typeof UPSTREAMS)[][] = [
  ['database'],
  ['redis'],
  ['replica', 'sqs', 's3', 'ses', 'cloudwatch', 'wechat', 'wechat pay'],
]

type Handler = Route | Job | Schedule
type Function = { name: string; handler: Handler; event: string }
let functions: Function[]

beforeAll(async () => {
  // Each 503 is an error in the log.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const folder = join(ROOT, 'functions')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
  functions = await Promise.all(
    names.map(async (name) => {
      const module = await import(/* @vite-ignore */ join(folder, `${name}.ts`))
      const { handler } = module as { handler: Handler }
      return { name, handler, event: readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8') }
    }),
  )
})

type Tokens = { accessToken: string; refreshToken: string }

/** An admin whom no other test file knows: what runs here ends all of a user's sessions. */
async function login(): Promise<Tokens> {
  const { accessToken, refreshToken } = await auth().login(`mock:hanging:${randomUUID()}`, '')
  const identity = await verifyAccess(accessToken)
  return { accessToken: await signAccess({ ...identity, role: 'admin' }), refreshToken }
}

/** These end the session that they are called with. */
const isLeaving = (name: string) => /^(users\/close|auth\/(logout|end-|refresh))/.test(name)

/** @returns the status of an answer, or how a job ended */
async function run({ name, handler, event }: Function, tokens: Tokens[]) {
  const { accessToken, refreshToken } = tokens[isLeaving(name) ? 1 : 0] as Tokens
  const text = event
    .replace('ACCESS_TOKEN', accessToken)
    .replace('REFRESH_TOKEN', refreshToken)
    .replace('IDEMPOTENCY_KEY', randomUUID())
    // WeChat's codes work once, and the samples' are for the test of the samples.
    .replace(/:sample\b/, `:${randomUUID()}`)
  const call = handler as (event: unknown, context: Context) => Promise<unknown>
  const ending = call(JSON.parse(text) as APIGatewayProxyEventV2 | SQSEvent, context())
  if (!('path' in handler.definition)) {
    return ending.then(
      () => 'ended',
      () => 'ended',
    )
  }
  return ((await ending) as { statusCode: number }).statusCode
}

describe('every function ends in its time while there is no answer', () => {
  it.each(PHASES.map((names) => [names.join(', '), names] as const))(
    'from %s',
    async (_, names) => {
      const tokens = [await login(), await login()]
      hung.length = 0
      hangs = (address) => names.some((name) => UPSTREAMS[name](address))
      // Schedules work on everybody's data, which other tests are using: only where they can't get at it.
      const all = functions.filter(
        ({ handler }) => !('schedule' in handler.definition) || names.includes('database'),
      )
      try {
        const clients = CLIENTS.map((call) =>
          invocation(context(), 'client', 'trace-0001', async () => call().catch(() => undefined)),
        )
        const ends = await Promise.all(
          all.map(async (each) => [each.name, await run(each, tokens)] as const),
        )
        await Promise.all(clients)
        for (const [, end] of ends) {
          expect(end, JSON.stringify(ends)).toSatisfy(
            (end) => end === 'ended' || end === 503 || Number(end) < 500,
          )
        }
      } finally {
        hangs = () => false
      }
      for (const name of names) {
        expect([name, hung.some(({ address }) => UPSTREAMS[name](address))]).toEqual([name, true])
      }
      // Whatever was not answered has been given up: nothing of it goes on into the next invocation.
      for (const { address, signal } of hung) {
        expect([address.pathname, signal?.aborted]).toEqual([address.pathname, true])
      }
    },
  )
})
