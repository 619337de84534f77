import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../local/root.ts'

it('Ctrl-C ends packaging with all that it has begun', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'package-'))
  const TMPDIR = mkdtempSync(join(dir, 'tmp-'))
  const out = join(dir, 'out')
  try {
    const child = spawn(process.execPath, [join(ROOT, 'local', 'package.ts'), '--out', out], {
      env: { ...process.env, TMPDIR },
    })
    // Its first word; bundling is under way then, or about to begin.
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
    child.kill('SIGINT')
    // Not before everybody who has its output is gone.
    const [code] = await once(child, 'close')
    expect([code, readdirSync(TMPDIR), existsSync(out)]).toEqual([130, [], false])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 60_000)
