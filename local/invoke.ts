// `npm run invoke -- FUNCTION [EVENT_FILE]`: calls one function on its sample in events/.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runningEndpoints } from './lib/endpoints.ts'
import { declaredFunctions } from './lib/functions.ts'
import { ROOT } from './root.ts'

const STAGE = 'local'

/** Every function's key in serverless.yml, with the sample that mirrors its file. */
const functions = new Map(declaredFunctions().map(({ key, name }) => [key, `events/${name}.json`]))

function usage(): string {
  const names = [...functions].map(([name, sample]) => `  ${name.padEnd(20)} ${sample}`)
  return `Usage: npm run invoke -- FUNCTION [EVENT_FILE]

Calls a function of the running stack on its sample event, or on another one.
ACCESS_TOKEN and REFRESH_TOKEN in an event become those of an admin who signs in for the call.
Samples of jobs that name what is not there leave a dead letter, as they would anywhere.

Functions and their samples:
${names.join('\n')}`
}

function fail(message: string): never {
  console.error(`minimall: ${message}`)
  process.exit(1)
}

/** Puts real tokens in the places of the sample's. */
async function signedIn(text: string): Promise<string> {
  if (!/ACCESS_TOKEN|REFRESH_TOKEN/.test(text)) return text
  const answer = await fetch(`${api}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: `mock:admin:${randomUUID()}` }),
  }).catch(() => fail('the API does not answer: is npm start running, and ready?'))
  const { data } = (await answer.json()) as { data: Record<string, string> }
  return text
    .replaceAll('ACCESS_TOKEN', data.accessToken ?? '')
    .replaceAll('REFRESH_TOKEN', data.refreshToken ?? '')
}

const [name = '', file] = process.argv.slice(2)
const sample = functions.get(name)
if (sample === undefined) {
  const asked = name !== '' && name !== '--help' && name !== '-h'
  if (asked) console.error(`minimall: there is no function "${name}"\n`)
  console.log(usage())
  process.exit(asked ? 1 : 0)
}
const path = file ?? join(ROOT, sample)
if (!existsSync(path)) fail(`no such file: ${path}`)
const { api = '', lambda } = runningEndpoints()
const event = await signedIn(readFileSync(path, 'utf8'))
try {
  JSON.parse(event)
} catch {
  fail(`not JSON: ${path}`)
}
const response = await fetch(
  `${lambda}/2015-03-31/functions/minimall-${STAGE}-${name}/invocations`,
  { method: 'POST', body: event },
).catch(() => fail('the functions do not answer: is npm start running, and ready?'))
const text = await response.text()
try {
  console.log(JSON.stringify(JSON.parse(text), null, 2))
} catch {
  console.log(text)
}
// A function that threw is answered with 200 and this header, as by AWS.
process.exitCode = response.ok && !response.headers.has('x-amz-function-error') ? 0 : 1
