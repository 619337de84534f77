import type { Operation } from '../openapi-types.ts'

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** A route's example as a command for a shell that knows $API and $ACCESS_TOKEN. */
export function curl(
  method: string,
  path: string,
  { parameters, security, requestBody }: Operation,
): string {
  const examples = (place: string) => parameters.filter((each) => each.in === place)
  const filled = examples('path').reduce(
    (url, { name, example }) => url.replace(`{${name}}`, encodeURIComponent(String(example))),
    path,
  )
  const query = examples('query')
    .filter(({ required, name }) => required || name === 'limit')
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`)
    .join('&')
  const body = requestBody?.content['application/json']?.example
  const url = `"$API${filled}${query === '' ? '' : `?${query}`}"`
  const lines = [method === 'GET' ? `curl ${url}` : `curl -X ${method} ${url}`]
  if (security !== undefined) lines.push('-H "Authorization: Bearer $ACCESS_TOKEN"')
  for (const { name, example } of examples('header'))
    lines.push(`-H ${quoted(`${name}: ${example}`)}`)
  if (body !== undefined)
    lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body, null, 2))}`)
  return lines.join(' \\\n  ')
}
