import { awsFetch } from '../aws/signed-fetch.ts'
import { callDeadline } from '../telemetry/scope.ts'

type Page = { Parameters: { Name: string; Value: string }[]; NextToken?: string }

const COLD_START_MILLIS = 3_000
/** A request waits for this one. */
const AGAIN_MILLIS = 1_000

/**
 * Calls AWS Systems Manager.
 * @param operation e.g. `GetParameter`
 * @throws where SSM refuses or does not answer; says what was refused, never what was sent
 */
export async function ssm<Answer>(
  operation: string,
  input: Record<string, unknown> & ({ Name: string } | { Path: string }),
  region: string,
  signal: AbortSignal,
): Promise<Answer> {
  const sending = {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AmazonSSM.${operation}`,
    },
    body: JSON.stringify(input),
    signal,
  }
  const response = await awsFetch('ssm', `https://ssm.${region}.amazonaws.com/`, sending, region)
  const name = 'Name' in input ? input.Name : input.Path
  if (!response.ok) throw new Error(`SSM answered ${response.status} for ${name}`)
  return (await response.json()) as Answer
}

/**
 * Reads every parameter below a path of AWS Systems Manager, decrypted.
 * @param path e.g. `/minimall/prod`; `/minimall/prod/JWT_KEYS` becomes the setting `JWT_KEYS`
 * @throws where SSM refuses or does not answer within 3 s
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
 */
export async function readSecrets(path: string, region: string): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {}
  let nextToken: string | undefined
  do {
    const page: Page = await ssm(
      'GetParametersByPath',
      { Path: path, WithDecryption: true, NextToken: nextToken },
      region,
      AbortSignal.timeout(COLD_START_MILLIS),
    )
    for (const { Name, Value } of page.Parameters) secrets[Name.slice(path.length + 1)] = Value
    nextToken = page.NextToken
  } while (nextToken !== undefined)
  return secrets
}

/**
 * Reads one parameter, decrypted.
 * @throws where SSM refuses, or does not answer within 1 s or the invocation's deadline
 */
export async function readSecret(name: string, region: string): Promise<string> {
  const { Parameter } = await ssm<{ Parameter: { Value: string } }>(
    'GetParameter',
    { Name: name, WithDecryption: true },
    region,
    callDeadline(AGAIN_MILLIS),
  )
  return Parameter.Value
}
