import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { ROOT } from '../../../local/root.ts'

/** Prints each time it is asked to end, and stays. */
const SCRIPT = `
  const { whenAsked } = await import(${JSON.stringify(join(ROOT, 'local/lib/signals.ts'))})
  whenAsked((signal) => console.log(signal))
  process.stdin.resume()
  console.log('waiting')`

function start() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  })
  if (child.stdout === null) throw new Error('no output to read')
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  reader.on('line', (line) => lines.push(line))
  const next = () => once(reader, 'line')
  return { child, lines, next }
}

it('asks once, however often Ctrl-C comes', async () => {
  const { child, lines, next } = start()
  await next()
  child.kill('SIGINT')
  await next()
  child.kill('SIGINT')
  child.kill('SIGTERM')
  child.stdin?.end()
  child.disconnect()
  await once(child, 'exit')
  expect(lines).toEqual(['waiting', 'SIGINT'])
})

it('asks when the bootstrap is gone', async () => {
  const { child, lines, next } = start()
  await next()
  child.disconnect()
  await next()
  expect(lines).toEqual(['waiting', 'SIGTERM'])
  child.stdin?.end()
  await once(child, 'exit')
})
