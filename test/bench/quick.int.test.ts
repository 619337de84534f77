import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { allCases } from '../../bench/harness/cases.ts'
import type { Report } from '../../bench/harness/report.ts'
import { ROOT } from '../../local/root.ts'

const execute = promisify(execFile)
const MILLIS = 170_000

it('runs every case of npm run bench once, with right answers on all sides', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'))
  const json = join(dir, 'report.json')
  try {
    const args = [join(ROOT, 'bench', 'bench.ts'), '--quick', '--json', json]
    // A failed check ends it with code 1, and its message is in what this throws.
    await execute(process.execPath, args, { cwd: ROOT, timeout: MILLIS })
    const report = JSON.parse(readFileSync(json, 'utf8')) as Report
    const known = (await allCases()).map(({ id }) => id)
    expect(report.cases.map(({ id }) => id)).toEqual(known)
    for (const { id, comparisons, tables } of report.cases) {
      expect([id, comparisons.length + tables.length > 0]).toEqual([id, true])
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 180_000)
