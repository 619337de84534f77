import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from '../../../local/lib/process.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { ROOT } from '../../../local/root.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'process-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Prints its own id and that of a child of its own; both stay for a minute, whatever they are told. */
const STUBBORN = 'trap "" TERM; sleep 60 & echo "$$ $!"; wait; sleep 60'

const idsIn = (log: string) =>
  untilReady('both processes', async () => {
    const ids = readFileSync(log, 'utf8').trim().split(' ').map(Number)
    expect(ids).toHaveLength(2)
    return ids
  })

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A dead process that nobody has asked about yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
/** `S`: it sleeps; `T`: it was stopped. Only Linux tells. */
function stateOf(pid: number): string | undefined {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}
const gone = (pids: number[]) =>
  untilReady('their end', async () => expect(pids.filter(exists)).toEqual([]), {
    timeoutMillis: 20_000,
  })

it('says how a service ended that ended by itself, and leaves nothing of it', async () => {
  const logFile = join(dir, 'log')
  const service = run({ command: 'sh', args: ['-c', 'sleep 60 & echo "$$ $!"; exit 3'], logFile })
  const ids = await idsIn(logFile)
  expect(await service.exited).toBe('exit code 3')
  await gone(ids)
})

it('kills what will not end, with its children', async () => {
  const logFile = join(dir, 'log')
  const service = run({ command: 'sh', args: ['-c', STUBBORN], logFile, graceMillis: 300 })
  const ids = await idsIn(logFile)
  await service.stop()
  await gone(ids)
})

it('lets a drill stop it, let it go on, and kill it, with its children', async () => {
  const logFile = join(dir, 'log')
  const service = run({ command: 'sh', args: ['-c', STUBBORN], logFile })
  const ids = await idsIn(logFile)
  const states = () => ids.map(stateOf).filter((state) => state !== undefined)
  service.signal('SIGSTOP')
  await untilReady('the stop', async () => expect(new Set(states())).not.toContain('S'))
  service.signal('SIGCONT')
  await untilReady('going on', async () => expect(new Set(states())).not.toContain('T'))
  service.signal('SIGKILL')
  expect(await service.exited).toBe('SIGKILL')
  await gone(ids)
  // Nothing is there any more, which is no mistake.
  service.signal('SIGKILL')
})

it('kills what will not end also when we are killed outright', async () => {
  const logFile = join(dir, 'log')
  const script = `
    const { run } = await import(${JSON.stringify(join(ROOT, 'local/lib/process.ts'))})
    run(${JSON.stringify({ command: 'sh', args: ['-c', STUBBORN], logFile, graceMillis: 300 })})`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script])
  const ids = await untilReady('the log', () => idsIn(logFile))
  parent.kill('SIGKILL')
  await gone(ids)
})
