import ses from 'aws-ses-v2-local'
import { freePort } from '../lib/ports.ts'

export type SesServer = { endpoint: string; stop(): Promise<void> }

/** A private SES with a web inbox at its address; mails are in memory only. */
export async function startSes(): Promise<SesServer> {
  const port = await freePort()
  const server = await ses.default({ port, host: '127.0.0.1' })
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
