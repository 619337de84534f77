import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import { afterEach, expect, it } from 'vitest'
import { startDatabase } from '../../../local/engines/database.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { ROOT } from '../../../local/root.ts'
import { scratchFolder } from '../../support/services.ts'

const folders: string[] = []
/** A folder whose path has a space, which shell scripts like to stumble over. */
function newFolder(): string {
  const folder = scratchFolder('restart with space')
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Processes whose command line names the folder. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
      } catch {
        return false
      }
    })
    .map(Number)
}
const gone = (folder: string) =>
  untilReady('the end of all processes', async () => expect(processesIn(folder)).toEqual([]), {
    timeoutMillis: 20_000,
  })

async function rowsOf(url: string): Promise<number> {
  const connection = await mysql.createConnection(url)
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM kept')
    return Number(rows[0]?.n)
  } finally {
    await connection.end()
  }
}

it('the databases keep their data and their replication over a restart, and over kill -9', async () => {
  const dir = newFolder()
  const first = await startDatabase({ dir })
  const connection = await mysql.createConnection(first.primaryUrl)
  await connection.query('CREATE TABLE kept (id INT)')
  await connection.query('INSERT INTO kept VALUES (1)')
  await connection.end()
  await first.stop()
  await gone(dir)

  const deaths: string[] = []
  const second = await startDatabase({ dir, onDeath: (what) => deaths.push(what) })
  expect(await rowsOf(second.primaryUrl)).toBe(1)
  const again = await mysql.createConnection(second.primaryUrl)
  await again.query('INSERT INTO kept VALUES (2)')
  await again.end()
  await untilReady('replication', async () => expect(await rowsOf(second.replicaUrl)).toBe(2))

  for (const engine of [second.primary, second.replica]) {
    await engine.kill()
    await engine.start()
  }
  expect(deaths).toEqual([])
  const after = await mysql.createConnection(second.primaryUrl)
  await after.query('INSERT INTO kept VALUES (3)')
  await after.end()
  await untilReady('replication', async () => expect(await rowsOf(second.replicaUrl)).toBe(3))
  await second.stop()
  await gone(dir)
})

/** Starts the services in a process of their own, as `npm start` does. */
function startElsewhere(dir: string) {
  const script = `
    const { startServices } = await import(${JSON.stringify(join(ROOT, 'local/stack.ts'))})
    const stopping = new AbortController()
    process.on('SIGINT', () => stopping.abort())
    try {
      const services = await startServices({ dir: ${JSON.stringify(dir)}, signal: stopping.signal, progress: (step) => console.log(step) })
      if (!stopping.signal.aborted) await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve))
      await services.stop()
    } catch (error) { if (!stopping.signal.aborted) throw error }
    process.exit()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const exited = new Promise((resolve) => child.once('close', resolve))
  const said = (text: string) => untilReady(text, async () => expect(output).toContain(text))
  return { child, exited, said }
}

it('a database that dies is reported, one that is stopped is not', async () => {
  const dir = newFolder()
  const deaths: string[] = []
  const databases = await startDatabase({ dir, onDeath: (what) => deaths.push(what) })
  const [victim] = processesIn(join(dir, 'replica', 'data')).filter((pid) =>
    readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('maria'),
  )
  process.kill(victim ?? 0, 'SIGKILL')
  await untilReady('the report', async () => expect(deaths).toHaveLength(1))
  expect(deaths[0]).toMatch(/^database replica ended/)
  await databases.stop()
  expect(deaths).toHaveLength(1)
})

it.each(['Redis', 'MariaDB primary and replica', 'migrations', 'sample catalogue'])(
  'Ctrl-C leaves no process when it comes after: %s',
  async (step) => {
    const dir = newFolder()
    const { child, exited, said } = startElsewhere(dir)
    await said(step)
    child.kill('SIGINT')
    await exited
    await gone(dir)
  },
)

it('nothing outlives a parent that is killed outright, and the data is whole', async () => {
  const dir = newFolder()
  const { child, exited, said } = startElsewhere(dir)
  await said('sample catalogue')
  child.kill('SIGKILL')
  await exited
  await gone(dir)
  expect(existsSync(join(dir, 'database'))).toBe(true)
  const databases = await startDatabase({ dir: join(dir, 'database') })
  const connection = await mysql.createConnection(databases.primaryUrl)
  const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM products')
  expect(rows[0]?.n).toBe(40)
  await connection.end()
  await databases.stop()
})
