import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { KeyRing } from '../../local/lib/key-ring.ts'
import { ROOT } from '../../local/root.ts'

const dir = mkdtempSync(join(tmpdir(), 'minimall-keys-'))
const file = join(dir, 'keys.json')
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Runs `npm run keys -- …`. @returns its code and all that it printed */
const keys = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, [join(ROOT, 'local', 'keys.ts'), ...args], (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), said: out + err }),
    )
  })
const ring = () => JSON.parse(readFileSync(file, 'utf8')) as KeyRing

it('rotates the keys of a file step by step, and shows no private key', async () => {
  const at = ['--file', file]
  const said: string[] = []
  const run = async (...args: string[]) => {
    const result = await keys(...args)
    said.push(result.said)
    return result
  }
  expect((await run('new', ...at)).code).toBe(0)
  const [first] = ring().keys
  expect(await run('new', ...at)).toMatchObject({ code: 1 })
  expect(await run('rotate', ...at)).toMatchObject({ code: 0 })
  expect(ring().keys).toEqual([first])

  await run('add', ...at)
  const added = ring()
  expect(added.keys[0]).toEqual(first)
  const early = await run('promote', ...at)
  expect(early.code).toBe(1)
  expect(early.said).toMatch(/not known everywhere before .* UTC; --force/)
  expect(ring()).toEqual(added)
  await run('promote', ...at, '--force')
  expect(ring().keys.map(({ kid }) => kid)).toEqual([added.keys[1]?.kid, first.kid])
  const listed = await run('list', ...at)
  expect(listed.said).toMatch(/signs[\s\S]*retires[\s\S]*next: retire, from/)
  await run('retire', ...at, '--force')
  expect(ring().keys).toHaveLength(1)

  for (const { d } of [first, ...added.keys]) expect(said.join()).not.toContain(d)
}, 60_000)

it('says what it needs', async () => {
  expect(await keys()).toMatchObject({ code: 1, said: expect.stringContaining('name one of: new') })
  expect(await keys('rotate')).toMatchObject({ code: 1, said: expect.stringContaining('--stage') })
  expect(await keys('spin', '--file', file)).toMatchObject({ code: 1 })
  expect(await keys('list', '--print')).toMatchObject({ code: 1 })
  expect(await keys('new', '--print', '--file', file)).toMatchObject({ code: 1 })
  const printed = await keys('new', '--print')
  expect(JSON.parse(printed.said)).toMatchObject({ keys: [{ kty: 'OKP' }] })
  expect(await keys('--help')).toMatchObject({ code: 0 })
}, 60_000)
