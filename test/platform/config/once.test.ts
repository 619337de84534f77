import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../../local/root.ts'
import { once } from '../../../shared/platform/config/once.ts'

it('makes a thing once, and not before it is asked for', () => {
  let made = 0
  const thing = once(() => ({ number: ++made }))
  expect(made).toBe(0)
  expect(thing()).toBe(thing())
  expect(made).toBe(1)
})

it('is marked at the top of each module, so that bundles leave out what they do not need', () => {
  const folder = join(ROOT, 'shared')
  const unmarked = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => /^(export )?const \w+ =.* once\(/.test(line))
        .filter((line) => !line.includes('/* @__PURE__ */ once('))
        .map((line) => `${name}: ${line}`),
    )
  expect(unmarked).toEqual([])
})
