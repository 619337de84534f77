import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../local/lib/ports.ts'
import { ROOT } from '../../local/root.ts'
import { startServices } from '../../local/stack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What the functions would find in their environment. */
    env: Record<string, string>
    /** Addresses as in `.local/endpoints.json`. */
    endpoints: Record<string, string>
  }
}

/** A folder for one run's services, beside that of `npm start`. */
export function scratchFolder(name: string): string {
  const parent = join(ROOT, '.local')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, `test-${name}-`))
}

/** Services of their own for the integration tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = scratchFolder('integration')
  // Nothing listens there until a test lets its handlers be called over HTTP.
  const apiUrl = `http://127.0.0.1:${await freePort()}`
  const services = await startServices({ dir, apiUrl })
  project.provide('env', services.env)
  project.provide('endpoints', services.endpoints)
  return async () => {
    await services.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
