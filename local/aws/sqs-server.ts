// SQS and S3 in a process of their own: `node local/aws/sqs-server.ts PORT DATA_DIR`.
import { type ListenOptions, Server } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { startFauxqs } from 'fauxqs'

// fauxqs listens on every address of the machine; these queues are nobody's business but ours.
const { listen } = Server.prototype
Server.prototype.listen = function onLoopback(
  this: Server,
  options: ListenOptions,
  ...rest: unknown[]
) {
  return Reflect.apply(listen, this, [{ ...options, host: '127.0.0.1' }, ...rest])
} as typeof listen

// It waits for the disk after each write, seven times as long as the rest of a SendMessage takes.
// With NORMAL the log still survives kill -9, though not a power cut.
const { exec } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function withoutSync(this: DatabaseSync, sql: string) {
  Reflect.apply(exec, this, [sql])
  if (sql.includes('journal_mode')) Reflect.apply(exec, this, ['PRAGMA synchronous = NORMAL'])
}

// A message that is given back (visibility timeout 0) is written with a count of receives that is null,
// which its own table refuses: the call fails, and the message is gone until the next start.
const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function keepingTheCount(this: DatabaseSync, sql: string) {
  const column = 'approximate_receive_count'
  const kept = sql.replace(`${column} = ?`, `${column} = COALESCE(?, ${column})`)
  return Reflect.apply(prepare, this, [kept])
} as typeof prepare

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
