import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mysql from 'mysql2/promise'
import { freePort } from '../lib/ports.ts'
import { findCommand, run } from '../lib/process.ts'
import { type Restartable, restartable } from '../lib/restartable.ts'
import { keptSecret } from '../lib/secrets.ts'
import { untilReady } from '../lib/wait.ts'
import type { EngineOptions } from './engine.ts'
import { type Flavor, flavorOf, follow } from './replication.ts'

const NAME = 'minimall'
const execute = promisify(execFile)

export type Databases = {
  primaryUrl: string
  replicaUrl: string
  primary: Restartable
  /** Follows the primary again when it is started again. */
  replica: Restartable
  stop(): Promise<void>
}

/**
 * One server for data that may be lost: nothing waits for the disk, and nothing follows it.
 * @returns its address, as root
 */
export async function startScratchDatabase({ dir }: EngineOptions): Promise<Scratch> {
  const password = keptSecret(join(dir, 'database-password'))
  const args = [
    '--skip-log-bin',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=0',
    '--innodb-buffer-pool-size=256M',
    '--innodb-log-file-size=512M',
  ]
  const { port, stop } = await startInstance({ dir, id: 1, password, args })
  return { url: `mysql://root:${password}@127.0.0.1:${port}/${NAME}`, stop }
}
export type Scratch = { url: string; stop(): Promise<void> }

type Instance = Restartable & { port: number; socket: string; flavor: Flavor }

/**
 * A private primary and a replica that follows it (GTID), with their data in `dir`. Both listen on
 * loopback only, and neither outlives this process.
 */
export async function startDatabase({ dir, onDeath }: EngineOptions): Promise<Databases> {
  const password = keptSecret(join(dir, 'database-password'))
  const [primary, replica] = await settled([
    startInstance({ dir: join(dir, 'primary'), id: 1, password, onDeath }),
    startInstance({ dir: join(dir, 'replica'), id: 2, password, onDeath }),
  ])
  if (primary === undefined || replica === undefined) throw new Error('unreachable')
  const stop = async () => {
    await Promise.all([primary.stop(), replica.stop()])
  }
  const followPrimary = () =>
    connect(primary.socket, password, (connection) =>
      connect(replica.socket, password, (follower) =>
        follow(primary.flavor, follower, { connection, port: primary.port }, password),
      ),
    )
  try {
    await followPrimary()
  } catch (error) {
    await stop()
    throw error
  }
  const urlOf = ({ port }: Instance) => `mysql://${NAME}:${password}@127.0.0.1:${port}/${NAME}`
  const start = async () => {
    await replica.start()
    await followPrimary()
  }
  return {
    primaryUrl: urlOf(primary),
    replicaUrl: urlOf(replica),
    primary,
    replica: { ...replica, start },
    stop,
  }
}

/** Waits for all; when one fails, stops the others before it throws. */
async function settled(starting: Promise<Instance>[]): Promise<Instance[]> {
  const results = await Promise.allSettled(starting)
  const failed = results.find((result) => result.status === 'rejected')
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (failed !== undefined) {
    await Promise.all(started.map((instance) => instance.stop()))
    throw failed.reason
  }
  return started
}

type InstanceOptions = EngineOptions & { id: number; password: string; args?: string[] }

async function startInstance({
  dir,
  id,
  password,
  args = [],
  onDeath,
}: InstanceOptions): Promise<Instance> {
  const server = findCommand('mariadbd', 'mysqld')
  if (server === undefined) throw new Error('no mariadbd or mysqld on this machine')
  const flavor = await flavorOf(server)
  const data = join(dir, 'data')
  mkdirSync(dir, { recursive: true })
  // A socket's path may have 107 bytes at most, and nobody knows how long `dir` is.
  const sockets = mkdtempSync(join(tmpdir(), 'minimall-'))
  if (!existsSync(join(dir, 'initialised'))) await initialise(server, dir, sockets)
  const socket = join(sockets, 'db.sock')
  const port = await freePort()
  const log = join(dir, 'server.log')
  const initFile = join(dir, 'init.sql')
  writeFileSync(initFile, initialSql(password), { mode: 0o600 })
  const launch = async () => {
    const service = run({
      onDeath: (how) => onDeath?.(`database ${id === 1 ? 'primary' : 'replica'} ended (${how})`),
      command: server,
      args: [
        '--no-defaults',
        `--datadir=${data}`,
        // A starting server clears its tmpdir: in a shared one it would delete another's tables.
        `--tmpdir=${sockets}`,
        `--socket=${socket}`,
        `--pid-file=${join(sockets, 'db.pid')}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--init-file=${initFile}`,
        `--server-id=${id}`,
        `--log-bin=${join(data, 'binlog')}`,
        '--binlog-format=ROW',
        '--sync-binlog=1',
        '--innodb-flush-log-at-trx-commit=1',
        '--innodb-buffer-pool-size=128M',
        '--max-connections=200',
        '--character-set-server=utf8mb4',
        '--default-time-zone=+00:00',
        '--skip-name-resolve',
        // What `npm run slow` reads; a second is what the functions call slow too.
        '--slow-query-log=1',
        '--log-output=TABLE',
        '--long-query-time=1',
        ...(id === 1 ? [] : ['--read-only=1', '--skip-slave-start']),
        ...flavor.args,
        ...args,
        ...asRoot(),
      ],
      logFile: log,
    })
    try {
      await untilReady(
        `database ${id} (see ${log})`,
        () => connect(socket, password, (c) => c.ping()),
        { service },
      )
    } catch (error) {
      await service.stop()
      throw error
    }
    return service
  }
  const forget = () => rmSync(sockets, { recursive: true, force: true })
  const running = await restartable(launch).catch((error: unknown) => {
    forget()
    throw error
  })
  const stop = async () => {
    await running.stop()
    forget()
  }
  return { ...running, port, socket, flavor, stop }
}

const asRoot = () => (process.getuid?.() === 0 ? ['--user=root'] : [])

async function initialise(server: string, dir: string, scratch: string): Promise<void> {
  const data = join(dir, 'data')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data)
  const options = ['--no-defaults', `--tmpdir=${scratch}`, ...asRoot()]
  const installer = findCommand('mariadb-install-db')
  if (installer === undefined) {
    await execute(server, [...options, '--initialize-insecure', `--datadir=${data}`])
  } else {
    // The installer is a shell script that breaks on a space in its arguments; `scratch` has none.
    const link = join(scratch, 'data')
    symlinkSync(data, link)
    const quirks = ['--auth-root-authentication-method=normal', '--skip-test-db']
    await execute(installer, [...options, ...quirks, `--datadir=${link}`])
  }
  writeFileSync(join(dir, 'initialised'), '')
}

/** Run by the server at each start; the binary log is off, since each server does it for itself. */
function initialSql(password: string): string {
  return `${[
    'SET SESSION sql_log_bin = 0',
    // The log is that of this run; a table that only grows would be a surprise.
    'TRUNCATE TABLE mysql.slow_log',
    `CREATE DATABASE IF NOT EXISTS ${NAME} CHARACTER SET utf8mb4`,
    `CREATE USER IF NOT EXISTS '${NAME}'@'127.0.0.1' IDENTIFIED BY '${password}'`,
    `GRANT ALL ON ${NAME}.* TO '${NAME}'@'127.0.0.1'`,
    `CREATE USER IF NOT EXISTS 'replica'@'127.0.0.1' IDENTIFIED BY '${password}'`,
    `GRANT REPLICATION SLAVE ON *.* TO 'replica'@'127.0.0.1'`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}'`,
    // For `npm run slow` and whoever else looks after the server; over TCP a name is an address.
    // MariaDB's installer has made this one, without a password.
    `CREATE USER IF NOT EXISTS 'root'@'127.0.0.1'`,
    `ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}'`,
    `GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION`,
  ].join(';\n')};\n`
}

async function connect<T>(
  socketPath: string,
  password: string,
  work: (connection: mysql.Connection) => Promise<T>,
): Promise<T> {
  const connection = await mysql.createConnection({ socketPath, user: 'root', password })
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}
