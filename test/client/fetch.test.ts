import { expect, it } from 'vitest'
import { fetchTransport } from '../../client/src/index.ts'

const request = { method: 'GET', url: 'https://a.example/', headers: {}, timeoutMillis: 20 }

it('fetch gives status, headers in lower case, and the JSON or the text', async () => {
  const bodies = ['{"code":0}', '<html>']
  const transport = fetchTransport(
    async () => new Response(bodies.shift() ?? '', { status: 418, headers: { 'X-Trace-ID': 't' } }),
  )
  expect(await transport(request)).toMatchObject({
    status: 418,
    headers: { 'x-trace-id': 't' },
    body: { code: 0 },
  })
  expect((await transport(request)).body).toBe('<html>')
})

it('fetch gives up after the timeout, and says what else went wrong', async () => {
  const silent = fetchTransport(() => new Promise(() => {}))
  await expect(silent(request)).rejects.toThrow('no answer within 20 ms')
  const broken = fetchTransport(() => Promise.reject(new TypeError('fetch failed')))
  await expect(broken(request)).rejects.toThrow('fetch failed')
})
