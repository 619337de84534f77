import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Listening, listen } from '../../../local/lib/http.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { openBucket } from '../../../shared/platform/files/bucket.ts'

let answer: RequestListener
let server: Listening
beforeAll(async () => {
  server = await listen((request, response) => answer(request, response))
  process.env.AWS_ENDPOINT_URL_S3 = server.url
})
afterAll(() => server.stop())

const part = { number: 1, etag: '"x"' }
const complete = () => openBucket('b').complete('k', 'u', [part])
const saying = (status: number, body: string): RequestListener => {
  return (_, response) => response.writeHead(status).end(body)
}

it('an error within a 200 is one: S3 answers before it has put a file together', async () => {
  answer = saying(200, '\n\n<?xml version="1.0"?><Error><Code>InternalError</Code></Error>')
  await expect(complete()).rejects.toThrow(Unavailable)
})

it('what S3 fails at, and an end in the middle, may go better next time', async () => {
  answer = saying(503, '<Error><Code>SlowDown</Code></Error>')
  await expect(complete()).rejects.toThrow(Unavailable)
  answer = (_, response) => response.destroy()
  await expect(complete()).rejects.toThrow(Unavailable)
})

it('what S3 refuses is told by its code, without an address', async () => {
  answer = saying(404, '<Error><Code>NoSuchUpload</Code><Resource>/b/k</Resource></Error>')
  await expect(complete()).rejects.toMatchObject({
    code: 'NoSuchUpload',
    message: 'CompleteMultipartUpload: 404 NoSuchUpload',
  })
})
