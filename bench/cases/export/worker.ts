// One side of the case `export` in a process of its own: `node worker.ts SIDE FROM TO`. Samples its own
// resident memory, and prints one line of JSON at the end.
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'
import { bare, collect, job } from './sides.ts'

const SAMPLE_MILLIS = 50
const SIDES = { csv: job('csv'), ndjson: job('ndjson'), bare, collect }
export type SideName = keyof typeof SIDES
/** `memory`: resident megabytes by seconds since the side began; the first is that before it began. */
export type Told = {
  seconds: number
  /** Of the processor, in all threads. */
  processorSeconds: number
  memory: [seconds: number, megabytes: number][]
  url: string
}

setLogLevel('error')
const [side, from, to] = process.argv.slice(2)
const megabytes = () => process.memoryUsage.rss() / 2 ** 20
const used = process.cpuUsage()
const started = performance.now()
const seconds = () => (performance.now() - started) / 1000
const memory: Told['memory'] = [[0, megabytes()]]
const sampling = setInterval(() => memory.push([seconds(), megabytes()]), SAMPLE_MILLIS)
const { url } = await SIDES[side as SideName]({ from: Number(from), to: Number(to) })
clearInterval(sampling)
const took = seconds()
memory.push([took, megabytes()])
const { user, system } = process.cpuUsage(used)
const told: Told = { seconds: took, processorSeconds: (user + system) / 1e6, memory, url }
process.stdout.write(JSON.stringify(told))
