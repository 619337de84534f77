import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../root.ts'

/** @returns the addresses of the running stack; prints what to do and ends where there is none */
export function runningEndpoints(): Record<string, string> {
  const file = join(ROOT, '.local', 'endpoints.json')
  if (!existsSync(file)) {
    console.error(
      'minimall: the stack is not running here. Start it in another terminal: npm start',
    )
    process.exit(1)
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
}
