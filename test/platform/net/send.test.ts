import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { SendFailed, send } from '../../../shared/platform/net/send.ts'

let listener: RequestListener
let connections = 0
const server = createServer((request, response) => listener(request, response))
server.on('connection', () => connections++)
// What is tested is our own limit, not what Node does with the server's.
server.keepAliveTimeout = 60_000
let url: string

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
beforeEach(() => {
  connections = 0
})
afterEach(() => vi.useRealTimers())
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: SendFailed) => error,
  )

describe('a request', () => {
  it('carries method, path, headers and any bytes, and gives back what came', async () => {
    listener = async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      response.writeHead(418, 'Teapot', { 'X-Asked': `${request.method} ${request.url}` })
      response.write(Buffer.concat(chunks))
      setImmediate(() => response.end(request.headers['x-name']))
    }
    const body = new Uint8Array([0, 255, 10])
    const headers = { 'X-Name': 'cup' }
    const got = await send(`${url}a/b?c=%20`, { method: 'PUT', headers, body })
    expect(got).toMatchObject({ ok: false, status: 418, statusText: 'Teapot' })
    expect(got.headers.get('x-asked')).toBe('PUT /a/b?c=%20')
    expect(got.bytes()).toEqual(Buffer.concat([body, Buffer.from('cup')]))
  })

  it('reads text and JSON in UTF-8, also where a character is cut between packets', async () => {
    const text = Buffer.from('{"name":"杯子"}')
    listener = (_, response) => {
      response.write(text.subarray(0, 10))
      setImmediate(() => response.end(text.subarray(10)))
    }
    const got = await send(url)
    expect(got.ok).toBe(true)
    expect(await got.text()).toBe('{"name":"杯子"}')
    expect(await got.json()).toEqual({ name: '杯子' })
  })

  it('that nobody takes is known not to have arrived', async () => {
    const error = await failure(send('http://127.0.0.1:9/secret?token=1', { body: 'secret' }))
    expect(error).toBeInstanceOf(SendFailed)
    expect(error).toMatchObject({ reached: false, message: 'no answer: ECONNREFUSED' })
  })

  it('may have arrived where the connection ends before the answer does', async () => {
    listener = (request) => request.socket.destroy()
    expect(await failure(send(url))).toMatchObject({ name: 'SendFailed', reached: true })
    listener = (request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half')
      setImmediate(() => request.socket.destroy())
    }
    expect(await failure(send(url))).toMatchObject({ name: 'SendFailed', reached: true })
  })

  it('ends with its signal: before it began, while it waits, and within the body', async () => {
    const why = new DOMException('time is up', 'TimeoutError')
    expect(await failure(send(url, { signal: AbortSignal.abort(why) }))).toBe(why)
    for (const begun of [false, true]) {
      const timer = new AbortController()
      listener = (_, response) => {
        if (begun) response.writeHead(200).write('half')
        setImmediate(() => timer.abort(why))
      }
      expect(await failure(send(url, { signal: timer.signal }))).toBe(why)
    }
  })
})

describe('a connection', () => {
  beforeEach(() => {
    listener = (_, response) => response.end('ok')
  })

  it('is used again by the next request', async () => {
    await send(url)
    connections = 0
    await send(url)
    await send(url)
    expect(connections).toBe(0)
  })

  it('is not used again after the container was frozen: no timer ran, but the clock went on', async () => {
    await send(url)
    connections = 0
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 4_500 })
    await send(url)
    expect(connections).toBe(1)
  })
})
