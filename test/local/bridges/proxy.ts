import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP hop with an address that stays, whose other end can go away, come back or move. */
export async function startProxy(targetUrl: string) {
  const sockets = new Set<Socket>()
  let target: URL | undefined = new URL(targetUrl)
  const server = createServer((near) => {
    if (target === undefined) {
      near.destroy()
      return
    }
    const far = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(targetUrl)
  url.port = String((server.address() as AddressInfo).port)

  const cut = () => {
    target = undefined
    for (const socket of sockets) socket.destroy()
  }
  const lead = (to: string) => {
    target = new URL(to)
  }
  const stop = async () => {
    cut()
    server.close()
    await once(server, 'close')
  }
  return { url: url.toString(), cut, lead, stop }
}
