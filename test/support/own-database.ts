import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { inject } from 'vitest'
import { startPlanetscaleBridge } from '../../local/bridges/planetscale.ts'
import { createRecorder } from '../../local/bridges/recorder.ts'
import { migrate } from '../../local/stack.ts'

/** A schema that no other test file sees, on the server that all share, with a bridge of its own. */
export async function ownDatabase(name: string): Promise<{ url: string; stop(): Promise<void> }> {
  const address = new URL(inject('endpoints').mysqlUrl ?? '')
  address.username = 'root'
  const server = await createConnection(address.href)
  const drop = `DROP DATABASE IF EXISTS ${name}`
  await server.query(drop)
  await server.query(`CREATE DATABASE ${name}`)
  address.pathname = `/${name}`
  await migrate(address.href, 'up')
  const folder = process.env.STATEMENTS_DIR
  const bridge = await startPlanetscaleBridge({
    ...{ mysqlUrl: address.href, username: 'minimall', password: 'secret' },
    onStatement: folder === undefined ? undefined : createRecorder(join(folder, `${name}.jsonl`)),
  })
  return {
    url: bridge.url,
    stop: async () => {
      await bridge.stop()
      await server.query(drop)
      await server.end()
    },
  }
}
