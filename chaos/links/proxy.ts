import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type LinkFault =
  /** What is sent arrives later. */
  | { kind: 'latency'; millis: number }
  /** A connection that something is sent over is reset, with this chance each time. */
  | { kind: 'reset'; share: number }
  /** Half open: connections are taken, what is sent is swallowed, and nobody ever answers. */
  | { kind: 'silent' }
  /** The answer ends after so many bytes, and the connection with it. */
  | { kind: 'cut'; bytes: number }
  /** Every request gets HTTP's 503 and goes no further. */
  | { kind: 'refuse' }

export type LinkProxy = {
  port: number
  /** Undefined: all passes. What a fault has swallowed is reset when the next one comes. */
  set(fault: LinkFault | undefined): void
  stop(): Promise<void>
}

const REFUSAL = Buffer.from(
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
)

/**
 * A TCP proxy on a loopback port that breaks what passes, also connections that are open already.
 * @param targetPort where the other end of the link listens; it may be away
 * @param chance decides about resets; 0 to below 1
 */
export async function startProxy(targetPort: number, chance: () => number): Promise<LinkProxy> {
  let fault: LinkFault | undefined
  const open = new Set<Socket>()
  const swallowed = new Set<Socket>()

  function serve(client: Socket): void {
    const server = connect(targetPort, '127.0.0.1')
    for (const socket of [client, server]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.once('close', () => open.delete(socket))
    }
    const reset = () => {
      client.resetAndDestroy()
      server.destroy()
    }
    const there = onward(client, server)
    const back = onward(server, client)

    client.on('data', (chunk: Buffer) => {
      switch (fault?.kind) {
        case 'silent':
          swallowed.add(client)
          return
        case 'refuse':
          client.end(REFUSAL)
          server.destroy()
          return
        case 'reset':
          if (chance() < fault.share) return reset()
          break
      }
      there(chunk, fault?.kind === 'latency' ? fault.millis : 0)
    })
    server.on('data', (chunk: Buffer) => {
      if (fault?.kind === 'silent') {
        swallowed.add(client)
        return
      }
      if (fault?.kind === 'cut') {
        client.end(chunk.subarray(0, fault.bytes))
        server.destroy()
        return
      }
      back(chunk, 0)
    })
    client.once('end', () => there(undefined, 0))
    server.once('end', () => back(undefined, 0))
    client.once('close', () => {
      swallowed.delete(client)
      server.destroy()
    })
    // The other end is away, or has died: whoever is connected to us learns of it.
    server.once('error', reset)
    server.once('close', () => client.destroySoon())
  }

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, serve)
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (listener.address() as AddressInfo).port,
    set(next) {
      fault = next
      for (const socket of swallowed) socket.resetAndDestroy()
      swallowed.clear()
    },
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

/** Hands chunks on in their order, each after its delay; undefined is the end. */
function onward(from: Socket, to: Socket) {
  let last: Promise<unknown> | undefined
  return (chunk: Buffer | undefined, millis: number) => {
    const write = () => {
      if (to.destroyed) return
      if (chunk === undefined) to.end()
      else if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    }
    if (last === undefined && millis === 0) return write()
    const before = last
    const waited = sleep(millis, undefined, { ref: false }).then(() => before)
    const mine = waited.then(write).finally(() => {
      if (last === mine) last = undefined
    })
    last = mine
  }
}
