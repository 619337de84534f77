import { createHmac, hash } from 'node:crypto'
import { createMemory } from '../cache/memory.ts'

export type Credentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

/** What a signature is good for, and when it was made. */
export type Scope = {
  /** The service's signing name: `sqs`, `ses`, `ssm`, `s3`. */
  service: string
  region: string
  now: Date
}

export type ToSign = {
  method: string
  url: URL
  /** Of these `content-type` and `x-amz-…` are signed: proxies may change the others. */
  headers: Record<string, string>
  body: string | Uint8Array
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const isSigned = (name: string) => name === 'content-type' || name.startsWith('x-amz-')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const timeOf = (now: Date) => now.toISOString().replace(/[:-]|\.\d{3}/g, '')
const scopeOf = ({ service, region, now }: Scope) =>
  `${timeOf(now).slice(0, 8)}/${region}/${service}/aws4_request`

/** RFC 3986: `encodeURIComponent` leaves five marks that AWS wants encoded. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** A container uses few services with one secret; AWS gives it another every few hours. */
const MOST_KEYS = 8
const keys = createMemory<Buffer>(MOST_KEYS, () => 0)

/** The key of one day, region and service: four of the five HMACs that a signature takes. */
function keyOf(scope: string, secretAccessKey: string): Buffer {
  const name = `${secretAccessKey}/${scope}`
  const known = keys.get(name)
  if (known !== undefined) return known
  const parts = scope.split('/')
  const key = parts.reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`))
  keys.set(name, key, Number.POSITIVE_INFINITY)
  return key
}

/**
 * Signature Version 4.
 * @param headers names in lower case with their values, in the order of names
 * @param bodyHash SHA-256 in hexadecimal, or what S3 takes in its place
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function signatureOf(
  method: string,
  url: URL,
  headers: readonly (readonly [string, string])[],
  bodyHash: string,
  scope: Scope,
  secretAccessKey: string,
): string {
  // The path stands encoded in the URL, if less strictly; all services but S3 want it encoded once more.
  const plain = scope.service === 's3' ? decodeURIComponent(url.pathname) : url.pathname
  const path = encoded(plain).replaceAll('%2F', '/')
  const query = [...url.searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&')
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  const names = headers.map(([name]) => name).join(';')
  const request = [method, path, query, lines, names, bodyHash].join('\n')
  const day = scopeOf(scope)
  const toSign = [ALGORITHM, timeOf(scope.now), day, hash('sha256', request)].join('\n')
  return hmac(keyOf(day, secretAccessKey), toSign).toString('hex')
}

/** @returns the headers of a request to AWS, and among them its signature */
export function signedHeaders(
  { method, url, headers, body }: ToSign,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  scope: Scope,
): Record<string, string> {
  const bodyHash = hash('sha256', body)
  const all: Record<string, string> = { ...headers, 'x-amz-date': timeOf(scope.now) }
  if (sessionToken !== undefined) all['x-amz-security-token'] = sessionToken
  if (scope.service === 's3') all['x-amz-content-sha256'] = bodyHash
  const signed = Object.entries({ ...all, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .filter(([name]) => name === 'host' || isSigned(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const signature = signatureOf(method, url, signed, bodyHash, scope, secretAccessKey)
  all.authorization = `${ALGORITHM} Credential=${accessKeyId}/${scopeOf(scope)}, SignedHeaders=${names}, Signature=${signature}`
  return all
}

/**
 * @param url with `X-Amz-Expires`: for how many seconds it is good
 * @returns an address of S3 that whoever has it may GET
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presigned(
  url: URL,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  scope: Scope,
): string {
  const signed = new URL(url)
  const query = signed.searchParams
  query.set('X-Amz-Date', timeOf(scope.now))
  if (sessionToken !== undefined) query.set('X-Amz-Security-Token', sessionToken)
  query.set('X-Amz-Algorithm', ALGORITHM)
  query.set('X-Amz-Credential', `${accessKeyId}/${scopeOf(scope)}`)
  query.set('X-Amz-SignedHeaders', 'host')
  const headers = [['host', url.host]] as const
  const bodyHash = 'UNSIGNED-PAYLOAD'
  const signature = signatureOf('GET', signed, headers, bodyHash, scope, secretAccessKey)
  query.set('X-Amz-Signature', signature)
  // A plus would be a space to us and to browsers, but to S3 it is a plus.
  return signed.href.replaceAll('+', '%20')
}
