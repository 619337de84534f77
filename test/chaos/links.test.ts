import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startMessageProxy } from '../../chaos/links/messages.ts'
import { type LinkProxy, startProxy } from '../../chaos/links/proxy.ts'
import { bodyOf, listen } from '../../local/lib/http.ts'

const ANSWER = 'a whole answer'
let server: Awaited<ReturnType<typeof listen>>
let proxy: LinkProxy
let requests = 0
const ask = () => fetch(`http://127.0.0.1:${proxy.port}/`).then((answer) => answer.text())

beforeEach(async () => {
  requests = 0
  server = await listen((_, response) => {
    requests++
    response.end(ANSWER)
  })
  proxy = await startProxy(server.port, () => 0.5)
})
afterEach(async () => {
  await proxy.stop()
  await server.stop()
})

it('hands everything on where no fault is set', async () => {
  expect(await ask()).toBe(ANSWER)
})

it('delays by at least as much as it is told', async () => {
  proxy.set({ kind: 'latency', millis: 80 })
  const started = performance.now()
  expect(await ask()).toBe(ANSWER)
  expect(performance.now() - started).toBeGreaterThanOrEqual(75)
})

it('resets connections, those that are open as well, as often as it is told', async () => {
  await ask()
  proxy.set({ kind: 'reset', share: 0.6 })
  await expect(ask()).rejects.toThrow()
  proxy.set({ kind: 'reset', share: 0.4 })
  expect(await ask()).toBe(ANSWER)
  expect(requests).toBe(2)
})

it('swallows what is sent until the fault is over, and then resets it', async () => {
  proxy.set({ kind: 'silent' })
  const asking = ask()
  const outcome = await Promise.race([
    asking.catch(() => 'failed'),
    new Promise((resolve) => setTimeout(resolve, 60, 'silence')),
  ])
  expect(outcome).toBe('silence')
  proxy.set(undefined)
  await expect(asking).rejects.toThrow()
  expect(requests).toBe(0)
  expect(await ask()).toBe(ANSWER)
})

it('cuts an answer off though the work is done', async () => {
  proxy.set({ kind: 'cut', bytes: 10 })
  await expect(ask()).rejects.toThrow()
  expect(requests).toBe(1)
})

it('refuses in the words of HTTP, before anything is done', async () => {
  proxy.set({ kind: 'refuse' })
  const answer = await fetch(`http://127.0.0.1:${proxy.port}/`)
  expect(answer.status).toBe(503)
  expect(requests).toBe(0)
})

it('breaks the connection where the other end is away, and works again when it is back', async () => {
  await server.stop()
  await expect(ask()).rejects.toThrow()
  server = await listen((_, response) => void response.end(ANSWER), server.port)
  expect(await ask()).toBe(ANSWER)
})

it('passes what is no HTTP', async () => {
  const echo: Server = createServer((socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const other = await startProxy((echo.address() as AddressInfo).port, () => 0)
  const { connect } = await import('node:net')
  const socket = connect(other.port, '127.0.0.1')
  const heard = new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))
  socket.write('hello')
  expect(await heard).toBe('hello')
  socket.destroy()
  await other.stop()
  await new Promise((resolve) => echo.close(resolve))
})

it('sends batches twice and out of order, and leaves other calls alone', async () => {
  type Batch = { Entries: { Id: string; DelaySeconds?: number }[] }
  const seen: Batch[] = []
  const sqs = await listen((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push(JSON.parse(body.toString()))
      response.end('{"ok":true}')
    })
  })
  const messages = await startMessageProxy(sqs.url, () => 0.5)
  const send = (target: string) =>
    fetch(messages.url, {
      method: 'POST',
      headers: { 'x-amz-target': target },
      body: JSON.stringify({ Entries: [{ Id: '0' }, { Id: '1', DelaySeconds: 60 }] }),
    }).then((answer) => answer.json())

  expect(await send('AmazonSQS.SendMessageBatch')).toEqual({ ok: true })
  expect(seen.splice(0)).toEqual([{ Entries: [{ Id: '0' }, { Id: '1', DelaySeconds: 60 }] }])
  messages.set({ duplicate: 0.6, shuffleSeconds: 2 })
  await send('AmazonSQS.SendMessageBatch')
  const late = {
    Entries: [
      { Id: '1', DelaySeconds: 60 },
      { Id: '0', DelaySeconds: 1 },
    ],
  }
  expect(seen.splice(0)).toEqual([late, late])
  await send('AmazonSQS.DeleteMessageBatch')
  expect(seen).toHaveLength(1)
  await messages.stop()
  await sqs.stop()
})
