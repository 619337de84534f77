import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

// A CommonJS package whose default export each loader finds elsewhere, except require.
const { default: serve } = createRequire(import.meta.url)(
  'aws-ses-v2-local',
) as typeof import('aws-ses-v2-local')

export type SesServer = { endpoint: string; stop(): Promise<void> }

/** A private SES with a web inbox at its address; mails are in memory only. */
export async function startSes(): Promise<SesServer> {
  const server = await serve({ port: 0, host: '127.0.0.1' })
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
