import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { startWechat } from '../../../local/wechat/server.ts'

/**
 * Folders for the stand-ins of one test file. All have the same keys, because making them takes longest.
 * @returns a function that makes a folder; all of them go when the tests are done
 */
export function standInFolders(): () => string {
  const parent = mkdtempSync(join(tmpdir(), 'minimall-wechat-'))
  const first = join(parent, 'first')
  beforeAll(async () => (await startWechat({ dir: first })).stop())
  afterAll(() => rmSync(parent, { recursive: true, force: true }))
  return () => {
    const dir = mkdtempSync(join(parent, 'dir-'))
    cpSync(join(first, 'pay'), join(dir, 'pay'), { recursive: true })
    return dir
  }
}
