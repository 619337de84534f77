import { type Received, type Sending, send } from '../net/send.ts'
import { type Credentials, presigned, type Scope, signedHeaders } from './signature.ts'

/** Lambda renews them only with a new container. */
function credentials(): Credentials {
  const env = process.env
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN,
  }
}

const scopeOf = (service: string, region = process.env.AWS_REGION ?? 'us-east-1'): Scope => ({
  service,
  region,
  now: new Date(),
})

/**
 * One request to an AWS service, signed with Signature Version 4. No retries: whoever calls knows what
 * may be sent twice. Why not the SDK: docs/decisions/0004-aws-by-signed-fetch.md.
 * @param service the service's signing name: `sqs`, `ses`, `ssm`, `s3`
 * @param region of what is asked, where that is not ours
 * @throws as {@link send}
 */
export async function awsFetch(
  service: string,
  url: string,
  init: Sending,
  region?: string,
): Promise<Received> {
  const { method = 'GET', headers = {}, body = '' } = init
  const request = { method, url: new URL(url), headers, body }
  return send(url, {
    ...init,
    headers: signedHeaders(request, credentials(), scopeOf(service, region)),
  })
}

/**
 * Signs an address of S3, so that whoever has it may GET it until it expires.
 * @param url with how long it is good, in seconds, as `X-Amz-Expires`; it ends earlier with the
 *   credentials of the container that signed it
 * @param region of the bucket, where that is not ours
 */
export const signedUrl = (url: string, region?: string): string =>
  presigned(new URL(url), credentials(), scopeOf('s3', region))
