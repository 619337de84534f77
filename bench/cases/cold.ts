import { equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleOf } from '../../local/lib/bundle.ts'
import { median, time } from '../../local/lib/stats.ts'
import { ROOT } from '../../local/root.ts'
import { benchCase } from '../harness/case.ts'
import type { Side } from '../harness/compare.ts'
import { askCold, type First, isRight, type Kind, samples } from './cold/functions.ts'

const EMPTY = 'empty handler'
/** What they are packaged and measured like, and what of it is Node's own HTTP client. */
const HANDLERS = {
  [EMPTY]: 'cold/empty.ts',
  'one request by node:http': 'cold/one-request.ts',
  'one request by fetch': 'cold/one-fetch.ts',
}
const ROUNDS = 10
const TARGETS: [Kind, number][] = [
  ['read route', 1.5],
  ['writing route', 2],
]
/** One of each kind is enough to see that the case works. */
const QUICK = ['catalog/home', 'orders/create', 'jobs/stock']

export default benchCase({
  id: 'cold',
  title: 'Cold start',
  compares:
    'Each packaged function in a new process, from the start of the process to the first answer to its ' +
    'sample event, with real database, Redis and queues near by. Against a handler that only answers, ' +
    'packaged alike.',
  async run({ services, dir, quick, compare, progress, table, chart, target, note }) {
    const { env } = await services()
    const { auth } = await import('../../shared/domain/auth/index.ts')
    const chosen = samples().filter(({ name }) => !quick || QUICK.includes(name))
    const bundled = async (entry: string, name: string) => {
      progress(`bundling ${name}`)
      return bundleOf(entry, { dir: join(dir, name) })
    }
    /** Some end their session, so that each start has a new one. */
    const signedIn = async (event: string) => {
      const tokens = await auth().login(`mock:admin:${randomUUID()}`, 'bench')
      return event
        .replaceAll('ACCESS_TOKEN', tokens.accessToken)
        .replaceAll('REFRESH_TOKEN', tokens.refreshToken)
        .replace(/((?:mock|phone):\w+:)[\w-]+/, `$1${randomUUID()}`)
    }
    const quiet = { ...env, LOG_LEVEL: 'error' }
    /** What a function takes beyond Node's own start. */
    const own = new Map<string, number[]>()
    const boots: number[] = []

    const sides: Side<First>[] = []
    const sizes = new Map<string, number>()
    for (const [name, file] of Object.entries(HANDLERS)) {
      const entry = fileURLToPath(new URL(file, import.meta.url))
      const { path, bytes } = await bundled(entry, name)
      sizes.set(name, bytes)
      sides.push({
        name,
        run: () => askCold(path, '{}', quiet),
        check: ({ answer }) => equal(answer?.statusCode, 200),
        timeOf: (first) => noted(name, first),
      })
    }
    for (const sample of chosen) {
      const { name, event } = sample
      const { path, bytes } = await bundled(join(ROOT, 'functions', `${name}.ts`), name)
      sizes.set(name, bytes)
      let ready = ''
      sides.push({
        name,
        before: async () => {
          ready = await signedIn(event)
        },
        run: () => askCold(path, ready, quiet),
        check: (first) => isRight(sample, first),
        timeOf: (first) => noted(name, first),
      })
    }
    function noted(name: string, { bootedMs, answeredMs }: First): number {
      boots.push(bootedMs)
      own.set(name, [...(own.get(name) ?? []), answeredMs - bootedMs])
      return answeredMs
    }

    const figures = await compare('to the first answer', sides, { rounds: ROUNDS })
    const ownOf = (name: string) => median(own.get(name) ?? [])
    table(
      "without Node's own start",
      ['', 'bundle', 'load and answer', `÷ ${EMPTY}`],
      sides.map(({ name }) => [
        name,
        `${((sizes.get(name) ?? 0) / 1024).toFixed(1)} KiB`,
        time(ownOf(name)),
        `${(ownOf(name) / ownOf(EMPTY)).toFixed(1)} ×`,
      ]),
    )
    const ofKind = (kind: Kind) =>
      chosen
        .filter((sample) => sample.kind === kind)
        .map(({ name }) => figures.of(name))
        .toSorted((a, b) => b.ratio - a.ratio)
    for (const [kind, atMost] of TARGETS) {
      const [slowest] = ofKind(kind)
      if (slowest === undefined) continue
      target({
        ...{ what: `cold start: slowest ${kind} (${slowest.name}) ÷ ${EMPTY}`, unit: '×' },
        ...{ measured: slowest.ratio, atMost },
      })
    }
    const kinds: Kind[] = ['read route', 'writing route', 'job']
    chart({
      ...{ id: 'cold', kind: 'bars', title: 'From the start of the process to the first answer' },
      value: { label: 'median, milliseconds' },
      groups: [
        ...Object.keys(HANDLERS),
        ...kinds.map((kind) => `${kind}s, middle`),
        ...kinds.map((kind) => `${kind}s, slowest`),
      ],
      series: [
        {
          name: 'to the first answer',
          values: [
            ...Object.keys(HANDLERS).map((name) => figures.of(name).median),
            ...kinds.map((kind) => median(ofKind(kind).map((one) => one.median))),
            ...kinds.map((kind) => ofKind(kind)[0]?.median ?? 0),
          ],
        },
      ],
    })
    note(
      `Node itself was up after ${time(median(boots))}; that is in both sides of the ratios above, and left ` +
        'out in the second table. Whoever asks anything pays for an HTTP client too. On Lambda the ' +
        'platform adds its own: fetching the code, starting the sandbox.',
    )
  },
})
