import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startPlanetscaleBridge } from '../../local/bridges/planetscale.ts'
import type { Bridge } from '../../local/bridges/server.ts'
import { freePort } from '../../local/lib/ports.ts'
import { untilReady } from '../../local/lib/wait.ts'
import { type Api, type Services, startApi, startServices } from '../../local/stack.ts'

/** A copy of the API with queues of its own, over the database and the Redis that both share. */
export type RegionCopy = {
  name: string
  url: string
  start(): Promise<void>
  /** As a region that is gone: all of it at once, in the middle of whatever it does. */
  kill(): Promise<void>
  /** As a region that takes connections and answers nothing. */
  hang(): void
  goOn(): void
  /** Lets it no longer reach the database. */
  cut(): void
  mend(): void
  /** @returns the status of a route that says how it is; undefined where nothing answers in a second */
  statusOf(path: '/api/health' | '/api/health/alive'): Promise<number | undefined>
  /** Calls a function of its, by its key in serverless.yml, as a schedule would. */
  invoke(key: string): Promise<void>
  stop(): Promise<void>
}

/** Local names of AWS's regions, in the order in which clients prefer them. */
const NAMES = ['ap-southeast-1', 'ap-east-1'] as const
const stageOf = (name: string) => `drill-${name}`
const ASK_MILLIS = 1_000
/** Soon, so that the drill sees a dead region's orders come in by way of the other. */
export const RELAY_AFTER_SECONDS = 5

type Options = { dir: string; progress: (step: string) => void; signal: AbortSignal }

export type Stand = { services: Services; regions: RegionCopy[]; stop(): Promise<void> }

/** Starts one set of services and two copies of the API over it. @throws when all is stopped again */
export async function startRegions({ dir, progress, signal }: Options): Promise<Stand> {
  const stages = NAMES.map(stageOf)
  const services = await startServices({ dir: join(dir, 'services'), progress, signal, stages })
  const regions: RegionCopy[] = []
  const stop = async () => {
    await Promise.all(regions.map((region) => region.stop()))
    await services.stop()
  }
  try {
    for (const name of NAMES) {
      const region = await createRegion(name, join(dir, name), services, signal)
      regions.push(region)
      await region.start()
      progress(`region ${name}`)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { services, regions, stop }
}

/** The way to a database that is this region's alone, so that it can be cut. */
function ownBridge(mysqlUrl: string, databaseUrl: string): Promise<Bridge> {
  const { username, password } = new URL(databaseUrl)
  return startPlanetscaleBridge({ mysqlUrl, username, password })
}

async function createRegion(
  name: string,
  dir: string,
  { endpoints, env }: Services,
  signal: AbortSignal,
): Promise<RegionCopy> {
  mkdirSync(dir, { recursive: true })
  const stage = stageOf(name)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { DATABASE_URL = '', DATABASE_REPLICA_URL = '' } = env
  const primary = await ownBridge(endpoints.mysqlUrl, DATABASE_URL)
  const replica = await ownBridge(endpoints.mysqlReplicaUrl, DATABASE_REPLICA_URL)
  const both = [primary, replica]
  const settings = {
    ...env,
    AWS_REGION: name,
    DATABASE_URL: primary.url,
    DATABASE_REPLICA_URL: replica.url,
    QUEUE_URL_PREFIX: `${endpoints.sqs}/000000000000/minimall-${stage}-`,
    RELAY_AFTER_SECONDS: `${RELAY_AFTER_SECONDS}`,
    // Nobody pays: what has been ordered is to be there at the end.
    UNPAID_MINUTES: '60',
    LOG_LEVEL: 'warn',
  }
  let api: Api | undefined

  const statusOf: RegionCopy['statusOf'] = (path) =>
    fetch(url + path, { signal: AbortSignal.timeout(ASK_MILLIS) }).then(
      ({ status }) => status,
      () => undefined,
    )

  return {
    name,
    url,
    statusOf,
    async start() {
      api = await startApi({ dir, port, stage, signal, env: settings })
    },
    async kill() {
      const running = api
      api = undefined
      running?.service.signal('SIGKILL')
      await running?.service.exited
    },
    hang: () => api?.service.signal('SIGSTOP'),
    goOn: () => api?.service.signal('SIGCONT'),
    cut: () => {
      for (const { faults } of both) faults.set({ errorRate: 1 })
    },
    mend: () => {
      for (const { faults } of both) faults.clear()
    },
    async invoke(key) {
      const path = `/2015-03-31/functions/minimall-${stage}-${key}/invocations`
      const answer = await fetch(`${api?.lambdaUrl}${path}`, { method: 'POST', body: '{}' })
      if (!answer.ok) throw new Error(`${key}: ${answer.status}`)
    },
    async stop() {
      // What is stopped could not end.
      api?.service.signal('SIGCONT')
      await api?.stop()
      await Promise.all(both.map((bridge) => bridge.stop()))
    },
  }
}

/** Waits until a region says that it is ready. */
export function untilServing(region: RegionCopy, signal: AbortSignal): Promise<void> {
  return untilReady(
    region.name,
    async () => {
      const status = await region.statusOf('/api/health')
      if (status !== 200) throw new Error(`${region.name} answers ${status ?? 'nothing'}`)
    },
    { signal },
  )
}
