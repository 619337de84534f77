// `npm run slow`: what was slow in the databases of the running stack, by shape.
import { runningEndpoints } from './lib/endpoints.ts'
import { numberOf, optionsOf } from './lib/options.ts'
import { describeGroup, grouped, readSlowLog, readThreshold, setThreshold } from './lib/slow-log.ts'

const HELP = `Usage: npm run slow [-- OPTIONS]

Shows the slow logs of the running stack's databases (npm start): statements of one shape together, those
first that took most time, with the rows that were examined and the routes and jobs that asked.

  --limit N        shows N shapes (10)
  --since TIME     only what was logged in the last TIME: 30s, 10m, 2h
  --threshold S    logs from now on what takes S seconds or longer (1 when the stack starts; 0: everything).
                   Connections are made anew for it: a request at that moment may be answered 503

The logs begin anew with each start of the stack.`

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600 }

const options = optionsOf(HELP, {
  limit: { type: 'string', default: '10' },
  since: { type: 'string' },
  threshold: { type: 'string' },
})

function fail(message: string): never {
  console.error(`minimall: ${message}`)
  process.exit(1)
}

const limit = numberOf('limit', options.limit, { from: 1, to: 1_000 })
const [, amount, unit = 's'] = /^(\d{1,6})([smh])$/.exec(options.since ?? '') ?? []
if (options.since !== undefined && amount === undefined) fail('--since takes 30s, 10m or 2h')
const since = amount === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 1)
const threshold = Number(options.threshold ?? 0)
if (!(threshold >= 0 && threshold <= 3600) || options.threshold === '') {
  fail('--threshold takes seconds, like 0.01')
}

const { mysqlUrl = '', mysqlReplicaUrl = '' } = runningEndpoints()
const servers = { primary: mysqlUrl, replica: mysqlReplicaUrl }

async function show(): Promise<void> {
  if (options.threshold !== undefined) {
    for (const url of Object.values(servers)) await setThreshold(url, threshold)
  }
  const logs = Object.entries(servers).map(([name, url]) => readSlowLog(name, url, since))
  const entries = (await Promise.all(logs)).flat()
  const from = `${await readThreshold(mysqlUrl)} s`
  const when =
    options.since === undefined ? 'since the stack started' : `in the last ${options.since}`
  if (entries.length === 0) {
    console.log(`No slow statement ${when}; statements of ${from} and longer are logged.`)
  } else {
    const groups = grouped(entries)
    const shown = groups.slice(0, limit)
    const counted = `${entries.length} slow, of ${groups.length} shape(s), ${when}`
    console.log(`${counted}; statements of ${from} and longer are logged.`)
    for (const group of shown) console.log(`\n${describeGroup(group)}`)
    if (shown.length < groups.length)
      console.log(`\n${groups.length - shown.length} more: --limit N`)
  }
  if (options.threshold === undefined)
    console.log('\nTo log more: npm run slow -- --threshold 0.01')
}

try {
  await show()
} catch (error) {
  const { code } = error as { code?: string }
  if (code !== 'ECONNREFUSED' && code !== 'ETIMEDOUT') throw error
  fail('the databases do not answer: is npm start running, and ready?')
}
