import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FolderInUse, lockFolder } from '../../../local/lib/lock.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const lockOf = (pid: number | undefined) =>
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid, url: 'http://localhost:3000' }))

/** A process whose command line is that of `npm start`, until `end` is called. */
async function running(script: string) {
  const child = spawn(process.execPath, ['-e', 'console.log(1); process.stdin.resume()', script])
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const end = async () => {
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.stdin.end()
    await closed
  }
  return { pid: child.pid, end }
}

it('names the process that has the folder, until that is gone', async () => {
  const owner = await running('local/start.ts')
  lockOf(owner.pid)
  expect(() => lockFolder(dir, 'http://localhost:3001')).toThrow(FolderInUse)
  try {
    lockFolder(dir, 'http://localhost:3001')
  } catch (error) {
    expect((error as FolderInUse).owner).toEqual({ pid: owner.pid, url: 'http://localhost:3000' })
  }
  await owner.end()
  const unlock = lockFolder(dir, 'http://localhost:3001')
  unlock()
  expect(existsSync(join(dir, 'lock'))).toBe(false)
})

it('takes over when the process id belongs to another program by now', async () => {
  const other = await running('/usr/local/bin/something')
  lockOf(other.pid)
  expect(() => lockFolder(dir, 'http://localhost:3001')).not.toThrow()
  await other.end()
})
