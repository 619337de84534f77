import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../local/lib/ports.ts'
import { startApi, startServices } from '../../local/stack.ts'
import { recorderOf, scratchFolder, watchContract } from './services.ts'

/** The whole local stack on free ports, so that it runs beside `npm start`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = scratchFolder('e2e')
  const port = await freePort()
  const services = await startServices({
    dir,
    apiUrl: `http://127.0.0.1:${port}`,
    onStatement: recorderOf(project),
  })
  const api = await startApi({ dir, port, env: services.env })
  project.provide('env', services.env)
  project.provide('endpoints', {
    ...services.endpoints,
    api: `http://127.0.0.1:${port}`,
    lambda: api.lambdaUrl,
  })
  const tellUnseen = watchContract(project, dir)
  return async () => {
    tellUnseen()
    await api.stop()
    await services.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
