import { awsFetch, signedUrl } from '../aws/signed-fetch.ts'
import { settings } from '../config/index.ts'
import { Unavailable } from '../errors/standard.ts'
import type { Received, Sending } from '../net/send.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { callDeadline } from '../telemetry/scope.ts'

const CALL_MILLIS = 30_000
/** Every part of an upload but the last must have this size at least. */
export const MIN_PART_BYTES = 5 * 1024 * 1024

/** A part of an upload that S3 has; the ETag names its content. */
export type Part = { number: number; etag: string }

/** What a browser is told with the file. */
export type FileHeaders = {
  contentType: string
  contentEncoding: string
  contentDisposition: string
}

/** S3 will not do this, however often it is asked. Holds S3's code (`NoSuchUpload`), no address. */
export class S3Refused extends Error {
  override readonly name = 'S3Refused'
  readonly code: string

  constructor(operation: string, status: number, code: string) {
    super(`${operation}: ${status} ${code}`)
    this.code = code
  }
}

/**
 * A bucket of S3, as far as large files written in parts need it. All may be tried again: a part that
 * is uploaded again replaces itself. Every call throws Unavailable where S3 does not answer, or not in
 * 30 s, and S3Refused where it says no.
 * @param name of the bucket
 * @param region where it is; ours if left out
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export function openBucket(name: string, region = settings().AWS_REGION) {
  const { AWS_ENDPOINT_URL_S3 } = settings()
  const address =
    AWS_ENDPOINT_URL_S3 === undefined
      ? `https://${name}.s3.${region}.amazonaws.com`
      : `${AWS_ENDPOINT_URL_S3}/${name}`
  const urlOf = (key: string, query: Record<string, string> = {}) =>
    `${address}/${key}?${new URLSearchParams(query)}`

  const call = (operation: string, url: string, init: Sending) =>
    breakerOf('s3').run(() => post(operation, url, init))

  async function post(operation: string, url: string, init: Sending) {
    let response: Received
    let text: string
    try {
      const sending = { ...init, signal: callDeadline(CALL_MILLIS) }
      response = await awsFetch('s3', url, sending, region)
      text = await response.text()
    } catch (error) {
      throw Unavailable.because('s3', error)
    }
    // Completing may take long: S3 answers 200 first, and says in the body what became of it.
    const failed = !response.ok || text.includes('<Error>')
    if (!failed) return { headers: response.headers, text }
    const error = new S3Refused(operation, response.status, tag(text, 'Code') ?? 'no code')
    throw response.status >= 400 && response.status < 500 ? error : Unavailable.because('s3', error)
  }

  return {
    /** Begins a file that is uploaded in parts. @returns the upload's id */
    async begin(key: string, headers: FileHeaders): Promise<string> {
      const { text } = await call('CreateMultipartUpload', urlOf(key, { uploads: '' }), {
        method: 'POST',
        headers: {
          'Content-Type': headers.contentType,
          'Content-Encoding': headers.contentEncoding,
          'Content-Disposition': headers.contentDisposition,
        },
      })
      const uploadId = tag(text, 'UploadId')
      if (uploadId === undefined) throw Unavailable.because('s3', new Error('no UploadId'))
      return uploadId
    },

    /** Uploads a part. @param number from 1 to 10,000; gives its place, and need not follow the last */
    async put(
      key: string,
      uploadId: string,
      number: number,
      body: Buffer<ArrayBuffer>,
    ): Promise<Part> {
      const url = urlOf(key, { partNumber: `${number}`, uploadId })
      const { headers } = await call('UploadPart', url, {
        method: 'PUT',
        body,
      })
      const etag = headers.get('etag')
      if (etag === undefined) throw Unavailable.because('s3', new Error('no ETag'))
      return { number, etag }
    },

    /** Makes the file of these parts, ascending by number. */
    async complete(key: string, uploadId: string, parts: readonly Part[]): Promise<void> {
      const list = parts.map(
        ({ number, etag }) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`,
      )
      await call('CompleteMultipartUpload', urlOf(key, { uploadId }), {
        method: 'POST',
        body: `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
      })
    },

    /** Gives up an upload and its parts. */
    async abort(key: string, uploadId: string): Promise<void> {
      await call('AbortMultipartUpload', urlOf(key, { uploadId }), { method: 'DELETE' })
    },

    /** @returns whether the whole file is there */
    async has(key: string): Promise<boolean> {
      try {
        await call('HeadObject', urlOf(key), { method: 'HEAD' })
        return true
      } catch (error) {
        if (error instanceof S3Refused) return false
        throw error
      }
    },

    /** @returns an address under which anybody who has it gets the file, for `seconds` */
    link(key: string, seconds: number): string {
      return signedUrl(urlOf(key, { 'X-Amz-Expires': `${seconds}` }), region)
    },
  }
}
export type Bucket = ReturnType<typeof openBucket>

function tag(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}
