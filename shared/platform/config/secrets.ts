import { awsFetch } from '../aws/signed-fetch.ts'

type Page = { Parameters: { Name: string; Value: string }[]; NextToken?: string }

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
    const response = await awsFetch('ssm', `https://ssm.${region}.amazonaws.com/`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'AmazonSSM.GetParametersByPath',
      },
      body: JSON.stringify({ Path: path, WithDecryption: true, NextToken: nextToken }),
      signal: AbortSignal.timeout(3_000),
    })
    if (!response.ok) throw new Error(`SSM answered ${response.status} for ${path}`)
    const page = (await response.json()) as Page
    for (const { Name, Value } of page.Parameters) secrets[Name.slice(path.length + 1)] = Value
    nextToken = page.NextToken
  } while (nextToken !== undefined)
  return secrets
}
