import { AwsClient } from 'aws4fetch'

const clients = new Map<string, AwsClient>()

/** Lambda renews the credentials in the environment only with a new container, so one client will do. */
function clientFor(service: string): AwsClient {
  let client = clients.get(service)
  if (client === undefined) {
    const env = process.env
    client = new AwsClient({
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      ...(env.AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: env.AWS_SESSION_TOKEN }),
      service,
      region: env.AWS_REGION ?? 'us-east-1',
      retries: 0,
    })
    clients.set(service, client)
  }
  return client
}

/**
 * `fetch` to an AWS service, signed with Signature Version 4. No retries: whoever calls knows what
 * may be sent twice. Why not the SDK: docs/decisions/0004-aws-by-signed-fetch.md.
 * @param service the service's signing name: `sqs`, `ses`, `ssm`, `s3`
 */
export async function awsFetch(service: string, url: string, init: RequestInit): Promise<Response> {
  return clientFor(service).fetch(url, init)
}

/**
 * Signs an address, so that whoever has it may GET it until it expires.
 * @param url with how long it is good, in seconds, as `X-Amz-Expires`; it ends earlier with the
 *   credentials of the container that signed it
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function signedUrl(service: string, url: string): Promise<string> {
  const { url: signed } = await clientFor(service).sign(url, { aws: { signQuery: true } })
  return signed
}
