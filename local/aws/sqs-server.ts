// SQS and S3 in a process of their own: `node local/aws/sqs-server.ts PORT DATA_DIR`.
import { Server } from 'node:net'
import { startFauxqs } from 'fauxqs'

// fauxqs listens on every address of the machine; these queues are nobody's business but ours.
const { listen } = Server.prototype
Server.prototype.listen = function loopback(this: Server, ...args: unknown[]) {
  const [options] = args
  const bound = typeof options === 'object' ? [{ ...options, host: '127.0.0.1' }] : args
  return Reflect.apply(listen, this, [...bound, ...args.slice(1)])
} as typeof listen

const [port, dataDir] = process.argv.slice(2)
const server = await startFauxqs({
  port: Number(port),
  dataDir: dataDir ?? '',
  logger: false,
  defaultRegion: 'ap-southeast-1',
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void server.stop().then(() => process.exit(0)))
}
