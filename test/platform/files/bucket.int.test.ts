import { randomBytes, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { settings } from '../../../shared/platform/config/index.ts'
import {
  type Bucket,
  MIN_PART_BYTES,
  openBucket,
  S3Refused,
} from '../../../shared/platform/files/bucket.ts'

const headers = {
  contentType: 'text/plain; charset=utf-8',
  contentEncoding: 'identity',
  contentDisposition: 'attachment; filename="x.txt"',
}
const large = randomBytes(MIN_PART_BYTES)
let bucket: Bucket
beforeAll(() => {
  bucket = openBucket(inject('env').EXPORT_BUCKET ?? '')
})
const begin = async () => {
  const key = `exports/${randomUUID()}`
  return { key, uploadId: await bucket.begin(key, headers) }
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => (error instanceof S3Refused ? error.code : error),
  )

it('is signed for in its own region, which need not be ours', () => {
  const scopeOf = (address: string) => new URL(address).searchParams.get('X-Amz-Credential')
  expect(scopeOf(bucket.link('x', 60))).toContain(`/${settings().AWS_REGION}/s3/`)
  expect(scopeOf(openBucket('elsewhere', 'ap-east-1').link('x', 60))).toContain('/ap-east-1/s3/')
})

describe('an upload in parts', () => {
  it('becomes one file, in the order of its numbers, which may have gaps', async () => {
    const { key, uploadId } = await begin()
    const end = Buffer.from('the end')
    const parts = [
      await bucket.put(key, uploadId, 2, large),
      await bucket.put(key, uploadId, 7, end),
    ]
    expect(await bucket.has(key)).toBe(false)
    await bucket.complete(key, uploadId, parts)
    expect(await bucket.has(key)).toBe(true)
    const response = await fetch(bucket.link(key, 60))
    expect(response.headers.get('content-type')).toBe(headers.contentType)
    expect(response.headers.get('content-disposition')).toBe(headers.contentDisposition)
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.concat([large, end]))).toBe(true)
    expect(await refusal(bucket.complete(key, uploadId, parts))).toBe('NoSuchUpload')
  })

  it('is refused where a part but the last is smaller than 5 MiB', async () => {
    const { key, uploadId } = await begin()
    const small = await bucket.put(key, uploadId, 1, large.subarray(1))
    const last = await bucket.put(key, uploadId, 2, Buffer.from('x'))
    expect(await refusal(bucket.complete(key, uploadId, [small, last]))).toBe('EntityTooSmall')
  })

  it('is refused where a part was replaced by another', async () => {
    const { key, uploadId } = await begin()
    const first = await bucket.put(key, uploadId, 1, Buffer.from('one'))
    await bucket.put(key, uploadId, 1, Buffer.from('other'))
    expect(await refusal(bucket.complete(key, uploadId, [first]))).toBe('InvalidPart')
  })

  it('that is given up takes no more parts', async () => {
    const { key, uploadId } = await begin()
    await bucket.abort(key, uploadId)
    expect(await refusal(bucket.put(key, uploadId, 1, Buffer.from('x')))).toBe('NoSuchUpload')
    expect(await bucket.has(key)).toBe(false)
  })
})

it('a link says how long it is good, and signs that', async () => {
  const url = new URL(bucket.link('exports/x', 90))
  expect(url.searchParams.get('X-Amz-Expires')).toBe('90')
  expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host')
  expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/)
})
