// `npm start`: runs the whole backend on this machine until Ctrl-C.
import { existsSync, mkdirSync, readFileSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { FolderInUse, lockFolder } from './lib/lock.ts'
import { optionsOf } from './lib/options.ts'
import { isTaken } from './lib/ports.ts'
import { whenAsked } from './lib/signals.ts'
import { ROOT } from './root.ts'
import { type Api, type Services, startApi, startServices, writeEndpoints } from './stack.ts'

const HELP = `Usage: npm start [-- OPTIONS]

Runs the whole backend on this machine until Ctrl-C: MariaDB primary and replica, Redis, SQS, S3,
e-mail, a stand-in for WeChat, the HTTP API, the queue consumers and the schedules.

  --reset     throws away the data of earlier runs (.local/) and begins again
  --help      prints this

  PORT=3001 npm start     serves the API on another port than 3000

Addresses are written to .local/endpoints.json, logs to .local/logs/.
The functions are built again when something in functions/, shared/, infra/ or
serverless.yml changes.`

const DIR = join(ROOT, '.local')
const LOG = join(DIR, 'logs', 'functions.log')
const QUIET_MILLIS = 300

const options = optionsOf(HELP, { reset: { type: 'boolean' } })

function fail(message: string): never {
  console.error(`\nminimall: ${message}`)
  process.exit(1)
}

function portFromEnvironment(): number {
  const port = Number(process.env.PORT ?? 3000)
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    fail(`PORT must be a port number, not "${process.env.PORT}".`)
  }
  return port
}

function takeFolder(url: string): () => void {
  mkdirSync(DIR, { recursive: true })
  try {
    return lockFolder(DIR, url)
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error
    const { pid, url: running } = error.owner
    return fail(
      `already running here as process ${pid}, at ${running}.\n` +
        'Stop it with Ctrl-C, or use a second clone with a PORT of its own.',
    )
  }
}

const port = portFromEnvironment()
const unlock = takeFolder(`http://localhost:${port}`)
process.on('exit', unlock)
if (await isTaken(port)) {
  fail(`port ${port} is taken by another program. Choose another: PORT=${port + 1} npm start`)
}
if (options.reset === true) {
  for (const name of ['database', 'redis', 'aws', 'wechat', 'secrets', 'logs', 'endpoints.json']) {
    rmSync(join(DIR, name), { recursive: true, force: true })
  }
}

const stopping = new AbortController()
let services: Services | undefined
let api: Api | undefined
let restarting = Promise.resolve()
whenAsked(() => {
  console.log('\nstopping …')
  stopping.abort()
})
const whenStopped = new Promise<void>((resolve) =>
  stopping.signal.addEventListener('abort', () => resolve()),
)

const started = performance.now()
const progress = (step: string) => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
  console.log(`${seconds} s  ${step}`)
}

/** Repeats errors of the functions in the terminal; the whole log is in the file. */
function onLine(line: string): void {
  if (!line.startsWith('{"level":"error"')) return
  const { message, error, traceId } = JSON.parse(line) as Record<string, string>
  console.error(`function error: ${message}: ${error} (traceId ${traceId})`)
}

async function startFunctions(env: Record<string, string>, signal: AbortSignal): Promise<void> {
  const running = await startApi({ dir: DIR, port, env, onLine, signal })
  api = running
  void running.service.exited.then((how) => {
    if (api !== running || stopping.signal.aborted) return
    const tail = existsSync(LOG) ? readFileSync(LOG, 'utf8').split('\n').slice(-20).join('\n') : ''
    console.error(`\nthe functions stopped (${how}). The end of ${LOG}:\n${tail}`)
    process.exitCode = 1
    stopping.abort()
  })
}

/** Calls then fail clearly; only a new start brings an engine back, with its data. */
function onDeath(what: string): void {
  console.error(
    `\nminimall: ${what} though nobody stopped it. Ctrl-C and npm start again: its data is kept.`,
  )
}

/** The functions have new ports each time they start. */
function announce(): void {
  if (api !== undefined && services !== undefined) writeEndpoints(DIR, api, services.endpoints)
}

/** Builds and starts the functions anew when their code changes. */
function restartOnChange(env: Record<string, string>): void {
  let timer: NodeJS.Timeout | undefined
  let attempt = new AbortController()
  const restart = async (signal: AbortSignal) => {
    if (signal.aborted) return
    console.log('code changed: starting the functions again …')
    const old = api
    api = undefined
    await old?.stop()
    await startFunctions(env, signal)
    announce()
    console.log(`ready http://localhost:${port}`)
  }
  const changed = () => {
    // A start that is under way builds old code.
    attempt.abort()
    attempt = new AbortController()
    const signal = AbortSignal.any([stopping.signal, attempt.signal])
    restarting = restarting
      .then(() => restart(signal))
      .catch((error: Error) => {
        if (signal.aborted) return
        console.error(`not started: ${error.message}\nThe next change tries again.`)
      })
  }
  for (const path of ['functions', 'shared', 'infra', 'serverless.yml', 'docs/openapi.json']) {
    const watcher = watch(join(ROOT, path), { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(changed, QUIET_MILLIS)
    })
    stopping.signal.addEventListener('abort', () => watcher.close())
  }
}

function printAddresses(running: Services): void {
  const { endpoints } = running
  const rows = [
    ['API', `http://localhost:${port}`],
    ['mail inbox', endpoints.ses],
    ['WeChat stand-in', endpoints.wechat],
    ['SQS and S3', endpoints.sqs],
    ['Redis (REST)', endpoints.redisRest],
    ['MySQL', endpoints.mysqlUrl.replace(/:[^:@/]+@/, ':…@')],
    ['MySQL replica', endpoints.mysqlReplicaUrl.replace(/:[^:@/]+@/, ':…@')],
    ['all, with passwords', '.local/endpoints.json'],
    ['log of the functions', '.local/logs/functions.log'],
  ]
  console.log()
  for (const [name = '', value = ''] of rows) console.log(`  ${name.padEnd(22)}${value}`)
  console.log()
}

try {
  services = await startServices({
    dir: DIR,
    apiUrl: `http://127.0.0.1:${port}`,
    progress,
    onDeath,
    signal: stopping.signal,
  })
  await startFunctions(services.env, stopping.signal)
  if (api === undefined) throw new Error('unreachable')
  progress('functions')
  announce()
  printAddresses(services)
  restartOnChange(services.env)
  console.log(`ready http://localhost:${port}`)
  await whenStopped
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(`\nminimall: ${(error as Error).message}`)
    process.exitCode = 1
  }
} finally {
  rmSync(join(DIR, 'endpoints.json'), { force: true })
  await restarting
  await api?.stop()
  await services?.stop()
}
process.exit()
