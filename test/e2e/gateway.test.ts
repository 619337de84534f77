import { connect } from 'node:net'
import { describe, expect, inject, it } from 'vitest'

/** Sends bytes as they are and reads until the server closes. */
function exchange(bytes: string): Promise<{ status: number; head: string; body: string }> {
  const { hostname, port } = new URL(inject('endpoints').api ?? '')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    let text = ''
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n')
      resolve({ status: Number(head.split(' ')[1]), head: head.toLowerCase(), body })
    })
  })
}
const request = (line: string, ...headers: string[]) =>
  exchange([`${line} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n'))
const HOST = 'Host: localhost'

describe('what never reaches a function', () => {
  it.each([
    ['no HTTP at all', () => exchange('hello world\r\n\r\n'), 400, 40001],
    ['an unknown method', () => request('FOO /api/products', HOST), 400, 40001],
    ['headers without end', () => request('GET /', HOST, `X-A: ${'a'.repeat(20_000)}`), 431, 43101],
    ['a host that is none', () => request('GET /api/products', 'Host: a<b>'), 400, 40001],
    ['half an escape', () => request('GET /api/products/%E0%A4%A', HOST), 400, 40001],
    [
      'a body of two lengths',
      () => request('POST /api/orders', HOST, 'Transfer-Encoding: chunked', 'Content-Length: 3'),
      400,
      40001,
    ],
  ])('answers %s with our envelope', async (_, send, status, code) => {
    const answer = await send()
    expect(answer.status).toBe(status)
    const body = JSON.parse(answer.body)
    expect(body).toEqual({
      code,
      message: expect.any(String),
      data: null,
      traceId: expect.any(String),
    })
    expect(answer.head).toContain(`x-trace-id: ${body.traceId}`)
  })

  it('keeps the trace id that it was given', async () => {
    const { body } = await request('GET /api/products/%', HOST, 'X-Trace-ID: given-trace-1')
    expect(JSON.parse(body).traceId).toBe('given-trace-1')
  })
})

describe('as the deployed API', () => {
  it('has no CORS headers, and knows no OPTIONS', async () => {
    const { status, head } = await request(
      'OPTIONS /api/products',
      HOST,
      'Origin: http://a.example',
    )
    expect(status).toBe(404)
    expect(head).not.toContain('access-control')
  })

  it('does not mind cookies that other programs on this host have set', async () => {
    const { status } = await request('GET /api/categories', HOST, 'Cookie: a={"b": 1}; c d="e f"')
    expect(status).toBe(200)
  })
})
