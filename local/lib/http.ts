import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Listening = { url: string; port: number; stop(): Promise<void> }

/** Serves on a loopback port. @param port 0 or left out: any free one */
export async function listen(handle: RequestListener, port = 0): Promise<Listening> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  let stopping: Promise<void> | undefined
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    stop: () => {
      stopping ??= close()
      return stopping
    },
  }
}

/** Reads a whole request body. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
