import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { createRecorder } from '../../local/bridges/recorder.ts'
import { leaseRedis } from '../../local/lib/lease.ts'
import { freePort } from '../../local/lib/ports.ts'
import { ROOT } from '../../local/root.ts'
import { startServices } from '../../local/stack.ts'
import { unseen } from './contract.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What the functions would find in their environment. */
    env: Record<string, string>
    /** Addresses as in `.local/endpoints.json`. */
    endpoints: Record<string, string>
    /** The file in which tests note which answers of the contract they saw. */
    seen: string
  }
}

/** A folder for one run's services, beside that of `npm start`. */
export function scratchFolder(name: string): string {
  const parent = join(ROOT, '.local')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, `test-${name}-`))
}

/** Lets tests note the answers that they see. @returns tells at the end which of them nobody saw */
export function watchContract(project: TestProject, dir: string): () => void {
  const seen = join(dir, 'seen.txt')
  writeFileSync(seen, '')
  project.provide('seen', seen)
  return () => {
    const report = unseen(readFileSync(seen, 'utf8'))
    if (report.seen === 0) return
    const name = `contract-${project.name}.txt`
    writeFileSync(join(ROOT, '.local', name), report.page)
    console.log(
      `\n${project.name}: ${report.seen} of the contract's ${report.promised} answers were seen; the others: .local/${name}`,
    )
  }
}

/**
 * Where `npm test` has the statements of a whole run written down, for the plans in test/queries.
 * @returns what writes them down, or undefined where nobody asked
 */
export function recorderOf(project: TestProject): ((sql: string) => void) | undefined {
  const folder = process.env.STATEMENTS_DIR
  return folder === undefined ? undefined : createRecorder(join(folder, `${project.name}.jsonl`))
}

/** Services of their own for the integration tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = scratchFolder('integration')
  // Nothing listens there until a test lets its handlers be called over HTTP.
  const apiUrl = `http://127.0.0.1:${await freePort()}`
  const services = await startServices({ dir, apiUrl, onStatement: recorderOf(project) })
  // Parts are tested with Redis taking orders; the whole sees to that by itself.
  if (project.name === 'integration') await leaseRedis(services.endpoints.redisUrl)
  project.provide('env', services.env)
  project.provide('endpoints', services.endpoints)
  const tellUnseen = watchContract(project, dir)
  return async () => {
    tellUnseen()
    await services.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
