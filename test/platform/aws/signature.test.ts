import { AwsV4Signer } from 'aws4fetch'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { presigned, signedHeaders } from '../../../shared/platform/aws/signature.ts'

const NOW = new Date('2015-08-30T12:36:00Z')

it("gives the signature of AWS's own example", () => {
  // "get-vanilla" of the Signature Version 4 test suite.
  const headers = signedHeaders(
    {
      method: 'GET',
      url: new URL('https://example.amazonaws.com/'),
      headers: {},
      body: '',
    },
    {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    },
    { service: 'service', region: 'us-east-1', now: NOW },
  )
  expect(headers).toEqual({
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  })
})

const word = fc.string({ minLength: 1, maxLength: 12 })
const momentOf = (day: string) =>
  new Date(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T12:36:00Z`)
const name = fc.stringMatching(/^[a-z]{1,8}$/)
const request = fc.record({
  service: fc.constantFrom('sqs', 'ses', 'ssm', 'monitoring', 's3'),
  // One process signs for a while with each: the keys that it keeps must not be mixed up.
  region: fc.constantFrom('eu-west-1', 'cn-north-1'),
  day: fc.constantFrom('20150830', '20150831'),
  secretAccessKey: fc.constantFrom('secret', 'another'),
  path: fc.array(word, { maxLength: 3 }),
  // In S3's own list of queries each name stands once.
  query: fc.uniqueArray(fc.tuple(name, fc.string({ maxLength: 8 })), {
    maxLength: 3,
    selector: ([key]) => key,
  }),
  headers: fc.dictionary(
    name.map((text) => `X-Amz-${text}`),
    fc.stringMatching(/^[a-z]{1,4}( {1,3}[a-z]{1,4})?$/),
    { maxKeys: 3 },
  ),
  body: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  sessionToken: fc.option(word.map(encodeURIComponent), { nil: undefined }),
})

it('signs any request as aws4fetch does', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const { service, region, day, path, query, headers, body, ...secrets } = given
      const url = new URL(`https://${service}.${region}.amazonaws.com/`)
      url.pathname = path.map(encodeURIComponent).join('/')
      for (const [key, value] of query) url.searchParams.append(key, value)
      const credentials = { accessKeyId: 'AKID', ...secrets }
      const { sessionToken } = secrets
      const scope = { service, region, now: momentOf(day) }
      const ours = signedHeaders({ method: 'POST', url, headers, body }, credentials, scope)
      const signer = new AwsV4Signer({
        method: 'POST',
        url: url.href,
        body,
        service,
        region,
        datetime: `${day}T123600Z`,
        headers: {
          ...headers,
          // By itself it leaves the body of S3 unsigned.
          ...(service === 's3' ? { 'x-amz-content-sha256': ours['x-amz-content-sha256'] } : {}),
        } as Record<string, string>,
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      })
      const theirs = await signer.sign()
      expect(ours.authorization).toBe(theirs.headers.get('authorization'))
    }),
    { numRuns: 300 },
  )
})

it('signs the type of the body too', () => {
  const { authorization } = signedHeaders(
    {
      method: 'POST',
      url: new URL('https://sqs.eu-west-1.amazonaws.com/'),
      headers: { 'Content-Type': 'application/x-amz-json-1.0', Connection: 'close' },
      body: '{}',
    },
    { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    { service: 'sqs', region: 'eu-west-1', now: NOW },
  )
  expect(authorization).toContain('SignedHeaders=content-type;host;x-amz-date,')
})

it('signs addresses of S3 as aws4fetch does', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, sessionToken }) => {
      const url = new URL('https://bucket.s3.eu-west-1.amazonaws.com/?X-Amz-Expires=60')
      url.pathname = path.map(encodeURIComponent).join('/')
      for (const [key, value] of query) url.searchParams.append(key, value)
      const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken }
      const scope = { service: 's3', region: 'eu-west-1', now: NOW }
      const ours = new URL(presigned(url, credentials, scope)).searchParams
      const signer = new AwsV4Signer({
        url: url.href,
        service: 's3',
        region: 'eu-west-1',
        datetime: '20150830T123600Z',
        signQuery: true,
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      })
      const theirs = (await signer.sign()).url.searchParams
      expect(ours.get('X-Amz-Signature')).toBe(theirs.get('X-Amz-Signature'))
      expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted())
    }),
    { numRuns: 300 },
  )
})
