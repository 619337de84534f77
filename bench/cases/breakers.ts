import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bundleOf } from '../../local/lib/bundle.ts'
import { startContainers } from '../../local/lib/containers.ts'
import { digits, quantile } from '../../local/lib/stats.ts'
import { benchCase } from '../harness/case.ts'
import { callsUntilOpen, chanceOfWindow } from './breakers/chances.ts'
import type { Ended, Plan } from './breakers/container.ts'
import { healthy } from './breakers/healthy.ts'

const EVERY_MILLIS = 100
/** Longest wait for the upstream. */
const CAP_MILLIS = 1_000

/** How long a round goes well, is ill (until all have noticed), and goes well again; in milliseconds. */
const LONG = { well: 500, ill: 3_500, again: 2_500 }
const SHORT = { well: 100, ill: 500, again: 400 }

type Ill = 'fails half the time' | 'fails always' | 'does not answer'
type Round = { opened: number; refusing: number; recovered: number }

export default benchCase({
  id: 'breakers',
  title: 'Breakers',
  compares:
    'Twenty containers, each with ten calls a second to one upstream behind the breaker that they share. The ' +
    'upstream falls ill, and recovers at a random moment.',
  async run({ quick, dir, services, progress, table, target, note }) {
    const { env, bridges } = await services()
    const { redis } = await import('../../shared/platform/redis/client.ts')
    const count = quick ? 3 : 20
    const upstream = await startUpstream()
    const entry = fileURLToPath(new URL('breakers/container.ts', import.meta.url))
    const { url } = await bundleOf(entry, { dir })
    const containers = await startContainers({ url, count, env: { ...env, LOG_LEVEL: 'error' } })

    async function round(ill: Ill, name: string): Promise<Round> {
      const { well, again, ...times } = quick ? SHORT : LONG
      const illMillis = times.ill + (quick ? 0 : Math.random() * 1_000)
      const plan: Plan = {
        upstream: `wechat /bench/${name}`,
        url: upstream.url,
        forMillis: well + illMillis + again,
        everyMillis: EVERY_MILLIS,
        capMillis: CAP_MILLIS,
      }
      const running = containers.invokeEach<Ended[]>(plan)
      await sleep(well)
      upstream.be(ill)
      const from = Date.now()
      await sleep(illMillis)
      upstream.be('well')
      const until = Date.now()
      return summary(await running, from, until)
    }

    try {
      const ills: Ill[] = quick
        ? ['fails half the time']
        : ['fails half the time', 'fails always', 'does not answer']
      const rows: [string, ...string[]][] = []
      let opened = 0
      let recovered = 0
      for (const ill of ills) {
        const rounds: Round[] = []
        for (let number = 0; number < (quick ? 1 : 12); number++) {
          progress(`upstream ${ill}`, number / 12)
          rounds.push(await round(ill, `${ills.indexOf(ill)}-${number}`))
        }
        const of = (what: keyof Round) => rounds.map((each) => each[what]).toSorted((a, b) => a - b)
        const cells = (['opened', 'refusing', 'recovered'] as const).flatMap((what) =>
          [0.5, 1].map((q) => `${digits(quantile(of(what), q))} ms`),
        )
        rows.push([ill, `${rounds.length}`, ...cells])
        if (ill === 'fails half the time') opened = quantile(of('opened'), 1)
        recovered = Math.max(recovered, quantile(of('recovered'), 1))
      }
      table(
        'from the moment it falls ill, and from the moment it is well',
        [
          'the upstream',
          'rounds',
          'first call refused, median',
          'worst',
          'every container has refused one, median',
          'worst',
          'last call refused after it is well, median',
          'worst',
        ],
        rows,
      )
      target({
        what: 'opens, one that fails half the time, worst round',
        measured: opened,
        unit: 'ms',
        atMost: 1_000,
      })
      target({ what: 'closes, worst round', measured: recovered, unit: 'ms', atMost: 2_000 })
    } finally {
      await containers.stop()
      await upstream.stop()
    }

    const calls = quick ? 2_000 : 100_000
    const costs: [string, number, string][] = []
    for (const failing of [0, 0.01]) {
      progress(`${calls} calls of which ${failing * 100} % fail`)
      const before = bridges.redis.calls()
      const name = `bench ${failing}`
      const refused = await healthy(redis(), { upstream: name, containers: 20, calls, failing })
      costs.push([
        `${failing * 100} % fail`,
        refused,
        ((bridges.redis.calls() - before) / calls).toFixed(4),
      ])
      if (failing === 0) continue
      target({
        what: 'calls let through to one that fails 1 %',
        measured: calls - refused,
        unit: '',
        atLeast: calls,
      })
    }
    table(
      `${calls.toLocaleString('en-US')} calls of 20 containers to an upstream that is well`,
      ['', 'refused', 'calls to Redis per call'],
      costs,
    )
    chances(quick ? 10 : 1_001, table)
    note(
      'A container that gets nothing but good answers by luck hears of the open breaker only with its first ' +
        'failure. One that does not answer is noticed when the first calls have waited as long as they may, here ' +
        '1 s.',
    )
  },
})

/** What the rule makes of an upstream that fails so often, were it to be asked for ever. */
function chances(
  draws: number,
  table: (title: string, columns: string[], rows: string[][]) => void,
) {
  const limit = 100_000
  const rows = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1].map((failing) => {
    const until = Array.from({ length: draws }, () => callsUntilOpen(failing, limit))
    const sorted = until.toSorted((a, b) => a - b)
    const shown = (q: number) => {
      const at = quantile(sorted, q)
      return at === limit
        ? `more than ${limit.toLocaleString('en-US')}`
        : at.toLocaleString('en-US')
    }
    return [`${failing * 100} %`, chanceOfWindow(failing).toExponential(1), shown(0.5), shown(0.99)]
  })
  table(
    'when the breaker opens, by chance',
    ['calls that fail', 'after any one call, at most', 'calls until then, median', 'p99'],
    rows,
  )
}

function summary(all: readonly Ended[][], from: number, until: number): Round {
  const refused = all.map((calls) => calls.filter(({ how }) => how === 'refused'))
  const first = refused.map((calls) => calls.find(({ at }) => at >= from)?.at ?? until)
  const last = refused.map((calls) => calls.at(-1)?.at ?? until)
  return {
    opened: Math.min(...first) - from,
    refusing: Math.max(...first) - from,
    recovered: Math.max(0, Math.max(...last) - until),
  }
}

async function startUpstream() {
  let state: Ill | 'well' = 'well'
  const fails = () => state === 'fails always' || (state !== 'well' && Math.random() < 0.5)
  const server = createServer((request, response) => {
    request.resume()
    if (state === 'does not answer') return
    response.writeHead(fails() ? 503 : 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    be: (ill: Ill | 'well') => {
      state = ill
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
