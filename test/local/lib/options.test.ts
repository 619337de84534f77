import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../../local/root.ts'

/** @returns the code with which a command ends, and what it says */
const run = (command: string, ...args: string[]) =>
  new Promise<{ code: unknown; said: string }>((resolve) => {
    execFile(process.execPath, [join(ROOT, command), ...args], (error, _out, said) =>
      resolve({ code: error?.code ?? 0, said }),
    )
  })

it.each([
  ['model/model.ts', '--json', '/no/such/x.json'],
  ['chaos/chaos.ts', '--svg', '/no/such/x.svg'],
  ['chaos/drill.ts', '--json', '/no/such/x.json'],
  ['bench/bench.ts', '--json', '/no/such/x.json'],
])('%s %s: says before it runs that no file can be written there', async (...args) => {
  const { code, said } = await run(...args)
  expect([code, said]).toEqual([1, expect.stringMatching(/can be written into \/no\/such\b/)])
})

it.each([
  ['model/model.ts', '--seeds', '0'],
  ['model/model.ts', '--from', '1.5'],
  ['chaos/chaos.ts', '--orders', ''],
  ['chaos/chaos.ts', '--minutes', 'soon'],
  ['chaos/drill.ts', '--shoppers', '101'],
  ['local/slow.ts', '--limit', '0'],
  ['local/demo.ts', '--orders', 'many'],
])('%s %s %j: names the numbers that it takes', async (...args) => {
  const { code, said } = await run(...args)
  const sentence = new RegExp(
    `^minimall: ${args[1]} takes a (whole )?number from [\\d.]+ to \\d+\\. See`,
  )
  expect([code, said]).toEqual([1, expect.stringMatching(sentence)])
})

it('one seed of the model, or many', async () => {
  const { code, said } = await run('model/model.ts', '--seed', '3', '--seeds', '5')
  expect([code, said]).toEqual([1, expect.stringContaining('--seeds')])
})
