import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { startCloudWatch } from './aws/cloudwatch.ts'
import { type QueueSpec, queuesOf } from './aws/resources.ts'
import { startSes } from './aws/ses.ts'
import { startSqs } from './aws/sqs.ts'
import { startPlanetscaleBridge } from './bridges/planetscale.ts'
import type { Bridge } from './bridges/server.ts'
import { startUpstashBridge } from './bridges/upstash.ts'
import { seedCatalog } from './catalog/seed.ts'
import { startDatabase } from './engines/database.ts'
import type { EngineOptions } from './engines/engine.ts'
import { startRedis } from './engines/redis.ts'
import { freePort, keptPort } from './lib/ports.ts'
import { run, type Service } from './lib/process.ts'
import type { Restartable } from './lib/restartable.ts'
import { keptSecret } from './lib/secrets.ts'
import { newSigningKeys } from './lib/signing-keys.ts'
import { untilReady } from './lib/wait.ts'
import { ROOT } from './root.ts'
import { startWechat } from './wechat/server.ts'
import { LOCAL_TEMPLATES } from './wechat/templates.ts'

const STAGE = 'local'
const MEDIA_BUCKET = 'minimall-local-media'
const EXPORT_BUCKET = 'minimall-local-exports'
/** Nothing listens on the discard port. */
const NOWHERE = 'http://127.0.0.1:9'
const execute = promisify(execFile)

/** All addresses of a running stack, as the contract names them. */
export type Endpoints = Record<
  | 'redisRest'
  | 'redisRestToken'
  | 'redisUrl'
  | 'databaseUrl'
  | 'databaseReplicaUrl'
  | 'mysqlUrl'
  | 'mysqlReplicaUrl'
  | 'sqs'
  | 'ses'
  | 's3'
  | 'wechat',
  string
>

export type Services = {
  endpoints: Endpoints
  /** What the functions find in their environment. */
  env: Record<string, string>
  /** What every call to an engine passes: it can be made slow or failing there, and is counted. */
  bridges: Record<'database' | 'replica' | 'redis', Bridge>
  /** What a drill kills, and starts again where it was. */
  engines: Record<'primary' | 'replica' | 'redis' | 'sqs', Restartable>
  stop(): Promise<void>
}

/** Who speaks to whom: the functions to their upstreams, and the bridges to their engines. */
export const LINKS = [
  'database',
  'replica',
  'redis',
  'sqs',
  's3',
  'ses',
  'wechat',
  'primary-engine',
  'replica-engine',
  'redis-engine',
] as const
export type Link = (typeof LINKS)[number]

export type Progress = (step: string) => void
type Options = EngineOptions & {
  progress?: Progress
  signal?: AbortSignal
  apiUrl?: string
  onStatement?: ((sql: string) => void) | undefined
  stages?: readonly string[]
  via?: (link: Link, url: string) => Promise<string>
  queues?: (queue: QueueSpec) => QueueSpec
}
type Stoppable = { stop(): Promise<void> }

/**
 * Starts everything that the functions need: engines, bridges, queues, mail, WeChat's stand-in,
 * migrations and the sample catalogue. Data is kept in `dir`.
 * @param options.apiUrl where WeChat Pay's notices go; left out: nowhere
 * @param options.onStatement told of each statement that a database is asked
 * @param options.stages whose queues there are: each region's copy of the functions has its own
 * @param options.via gives the address by which one end of a link reaches the other: that of a proxy
 * @param options.queues changes queues of the template, before they are made
 * @throws the first thing that went wrong, when all that had been started is stopped again
 */
export async function startServices({
  dir,
  progress = () => {},
  signal,
  onDeath,
  apiUrl = NOWHERE,
  onStatement,
  stages = [STAGE],
  via = async (_, url) => url,
  queues = (queue) => queue,
}: Options): Promise<Services> {
  mkdirSync(dir, { recursive: true })
  const started: Stoppable[] = []
  const stop = async () => {
    // In the reverse order of their start: nobody loses what it leans on.
    for (const part of started.splice(0).reverse()) await part.stop()
  }
  async function part<T extends Stoppable>(name: string, starting: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const running = await starting()
    started.push(running)
    progress(name)
    return running
  }

  const secret = (name: string) => keptSecret(join(dir, 'secrets', name))
  const password = secret('database-bridge')
  const redisRestToken = secret('redis-rest-token')

  async function databases() {
    const engines = await part('MariaDB primary and replica', () =>
      startDatabase({ dir: join(dir, 'database'), onDeath }),
    )
    const bridge = (mysqlUrl: string) => () =>
      startPlanetscaleBridge({ mysqlUrl, username: 'minimall', password, onStatement })
    const toPrimary = bridge(await via('primary-engine', engines.primaryUrl))
    const toReplica = bridge(await via('replica-engine', engines.replicaUrl))
    const primary = await part('PlanetScale bridge to the primary', toPrimary)
    const replica = await part('PlanetScale bridge to the replica', toReplica)
    signal?.throwIfAborted()
    await migrate(engines.primaryUrl, 'up')
    progress('migrations')
    return { engines, primary, replica }
  }

  async function caches() {
    const redis = await part('Redis', () => startRedis({ dir: join(dir, 'redis'), onDeath }))
    const redisUrl = await via('redis-engine', redis.url)
    const bridge = await part('Upstash bridge to Redis', () =>
      startUpstashBridge({ redisUrl, token: redisRestToken }),
    )
    return { redis, bridge }
  }

  async function aws() {
    const sqs = await part('SQS and S3', () =>
      startSqs({
        dir: join(dir, 'aws'),
        onDeath,
        queues: stages.flatMap((stage) => queuesOf(ROOT, stage)).map(queues),
        queuePrefix: `minimall-${STAGE}-`,
        buckets: [MEDIA_BUCKET, EXPORT_BUCKET],
      }),
    )
    const cloudwatch = await part('CloudWatch', () => startCloudWatch({ sqs: sqs.endpoint }))
    return { sqs, cloudwatch }
  }

  const parts = [
    databases(),
    caches(),
    aws(),
    part('SES', startSes),
    part('WeChat stand-in', async () => {
      const port = await keptPort(join(dir, 'wechat-port'))
      return startWechat({ dir: join(dir, 'wechat'), port })
    }),
  ] as const
  try {
    const [database, cache, cloud, ses, wechat] = await Promise.all(parts)
    signal?.throwIfAborted()
    const { products } = await seedCatalog({
      mysqlUrl: database.engines.primaryUrl,
      s3Endpoint: cloud.sqs.endpoint,
      bucket: MEDIA_BUCKET,
    })
    progress(`sample catalogue of ${products} products`)
    const endpoints: Endpoints = {
      redisRest: cache.bridge.url,
      redisRestToken,
      redisUrl: cache.redis.url,
      databaseUrl: database.primary.url,
      databaseReplicaUrl: database.replica.url,
      mysqlUrl: database.engines.primaryUrl,
      mysqlReplicaUrl: database.engines.replicaUrl,
      sqs: cloud.sqs.endpoint,
      ses: ses.endpoint,
      s3: cloud.sqs.endpoint,
      wechat: wechat.url,
    }
    const wechatUrl = await via('wechat', wechat.url)
    const env = {
      STAGE,
      API_URL: apiUrl,
      DATABASE_URL: await via('database', endpoints.databaseUrl),
      DATABASE_REPLICA_URL: await via('replica', endpoints.databaseReplicaUrl),
      UPSTASH_REDIS_REST_URL: await via('redis', endpoints.redisRest),
      UPSTASH_REDIS_REST_TOKEN: redisRestToken,
      AWS_REGION: 'ap-southeast-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: await via('sqs', endpoints.sqs),
      AWS_ENDPOINT_URL_SESV2: await via('ses', endpoints.ses),
      AWS_ENDPOINT_URL_S3: await via('s3', endpoints.s3),
      EXPORT_BUCKET,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloud.cloudwatch.url,
      QUEUE_URL_PREFIX: cloud.sqs.queueUrlPrefix,
      JWT_KEYS: keptSecret(join(dir, 'secrets', 'jwt-keys.json'), newSigningKeys),
      WECHAT_API_URL: wechatUrl,
      WECHAT_APP_ID: wechat.appId,
      WECHAT_APP_SECRET: wechat.appSecret,
      WECHAT_PAY_URL: wechatUrl,
      WECHAT_PAY_MCH_ID: wechat.pay.mchId,
      WECHAT_PAY_MCH_SERIAL: wechat.pay.mchSerial,
      WECHAT_PAY_MCH_PRIVATE_KEY: wechat.pay.mchPrivateKey,
      WECHAT_PAY_API_V3_KEY: wechat.pay.apiV3Key,
      WECHAT_PAY_PUBLIC_KEY_ID: wechat.pay.publicKeyId,
      WECHAT_PAY_PUBLIC_KEY: wechat.pay.publicKey,
      WECHAT_TEMPLATES: LOCAL_TEMPLATES,
      ADMIN_OPENIDS: wechat.openidOf('admin'),
      MAIL_FROM: 'minimall <shop@example.com>',
    }
    const { primary, replica } = database
    const bridges = { database: primary, replica, redis: cache.bridge }
    const engines = {
      primary: database.engines.primary,
      replica: database.engines.replica,
      redis: cache.redis,
      sqs: cloud.sqs,
    }
    return { endpoints, env, bridges, engines, stop }
  } catch (error) {
    // What is still starting must be known before it can be stopped.
    await Promise.allSettled(parts)
    await stop()
    throw error
  }
}

/** Runs dbmate over migrations/. @param direction `up` brings all in, `down` takes the last back */
export async function migrate(mysqlUrl: string, direction: 'up' | 'down'): Promise<void> {
  const dbmate = join(ROOT, 'node_modules', '.bin', 'dbmate')
  const options = [
    '--url',
    mysqlUrl,
    '--migrations-dir',
    join(ROOT, 'migrations'),
    '--no-dump-schema',
  ]
  await execute(dbmate, [...options, direction], { cwd: ROOT })
}

export type Api = { service: Service; url: string; lambdaUrl: string; stop(): Promise<void> }

/** Runs the functions in serverless-offline, and waits until they answer. */
export async function startApi(options: {
  dir: string
  port: number
  env: Record<string, string>
  /** Whose queues it listens to. */
  stage?: string
  onLine?: (line: string) => void
  signal?: AbortSignal
}): Promise<Api> {
  const { dir, port, stage = STAGE } = options
  const lambdaPort = await freePort()
  mkdirSync(join(dir, 'logs'), { recursive: true })
  const logFile = join(dir, 'logs', 'functions.log')
  const broken = new AbortController()
  const service = run({
    command: process.execPath,
    args: [
      join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js'),
      ...['offline', 'start', '--stage', stage, '--host', '127.0.0.1'],
      ...['--httpPort', `${port}`, '--lambdaPort', `${lambdaPort}`],
    ],
    cwd: ROOT,
    env: {
      ...process.env,
      ...options.env,
      // Two stacks in one checkout must not build into the same folder.
      BUILD_DIR: join(relative(ROOT, dir), 'build'),
      SLS_TELEMETRY_DISABLED: '1',
    },
    logFile,
    onLine: (line) => {
      // Its words for "I give up", after which it stays around.
      if (line === 'Error:')
        broken.abort(new Error(`serverless-offline gave up; ${logFile} says why`))
      options.onLine?.(line)
    },
  })
  const url = `http://localhost:${port}`
  try {
    await untilReady('serverless-offline', () => expectHealthy(port), {
      service,
      // It bundles first: a busy machine takes a minute for that.
      timeoutMillis: 180_000,
      signal: AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]),
    })
  } catch (error) {
    await service.stop()
    throw error
  }
  return { service, url, lambdaUrl: `http://localhost:${lambdaPort}`, stop: service.stop }
}

async function expectHealthy(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/health`)
  if (response.status !== 200) throw new Error(`health answered ${response.status}`)
}

/** Writes the addresses of a running stack to `endpoints.json`, for people and programs. */
export function writeEndpoints(dir: string, api: Api, endpoints: Endpoints): void {
  const all = { api: api.url, lambda: api.lambdaUrl, ...endpoints }
  writeFileSync(join(dir, 'endpoints.json'), `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 })
}
