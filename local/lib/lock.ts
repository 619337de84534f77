import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Owner = { pid: number; url: string }

/** Thrown where another process uses the folder. */
export class FolderInUse extends Error {
  readonly owner: Owner

  constructor(owner: Owner) {
    super(`in use by process ${owner.pid}`)
    this.owner = owner
  }
}

/**
 * Takes a folder for this process. A lock that a dead process left is taken over.
 * @returns a function that gives it back
 * @throws FolderInUse
 */
export function lockFolder(dir: string, url: string): () => void {
  const path = join(dir, 'lock')
  // Written first and linked then: nobody may read a lock that is still empty.
  const draft = `${path}.${process.pid}`
  for (let tries = 0; ; tries++) {
    writeFileSync(draft, JSON.stringify({ pid: process.pid, url } satisfies Owner))
    try {
      linkSync(draft, path)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 0) throw error
    } finally {
      rmSync(draft, { force: true })
    }
    const owner = ownerOf(path)
    if (owner !== undefined && isAlive(owner.pid)) throw new FolderInUse(owner)
    rmSync(path, { force: true })
  }
}

function ownerOf(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/** Process ids are used again: where the system tells (Linux), the process must also be `npm start`. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('local/start.ts')
  } catch {
    return true
  }
}
