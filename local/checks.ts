import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './root.ts'

export type Check = { name: string; command: string; args: string[] }

/** What can be said about the code without running it. */
export const CHECKS: readonly Check[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  // What a mini-program has: neither the DOM nor Node.js.
  { name: 'types of the client', command: 'tsc', args: ['-p', 'client'] },
  { name: 'types of the mini-program', command: 'tsc', args: ['-p', 'examples/miniprogram'] },
  { name: "types of the client's tests", command: 'tsc', args: ['-p', 'test/client'] },
  { name: 'lint and format', command: 'biome', args: ['ci', '--error-on-warnings', '.'] },
  {
    name: 'layers',
    command: 'depcruise',
    args: ['functions', 'shared', 'local', 'bench', 'chaos', 'model', 'test', 'client/src'],
  },
  { name: 'docs are up to date', command: 'node', args: ['local/docs.ts', '--check'] },
  { name: 'bundles within their budgets', command: 'node', args: ['local/bundles.ts', '--check'] },
]

/** Runs a check. @returns whether it passed; prints its output only where it did not */
export async function passes({ name, command, args }: Check): Promise<boolean> {
  const started = performance.now()
  const child = spawn(join(ROOT, 'node_modules', '.bin', command), args, { cwd: ROOT })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(-1))
    child.on('close', resolve)
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`)
  if (code !== 0) console.log(output)
  return code === 0
}
