// `npm run docs`: writes what is made from the code: docs/settings.md, .env.example, docs/openapi.json
// (and the same, packed, for the functions that serve it), the types of the client, and the built client in the sample mini-program.
// With `--check` it writes nothing and fails where a file is not up to date.
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { SETTINGS } from '../shared/platform/config/settings.ts'
import * as standardErrors from '../shared/platform/errors/standard.ts'
import { errorsOf } from '../shared/platform/http/openapi.ts'
import { clientBundle } from './client/bundle.ts'
import { clientModule } from './client/types.ts'
import { emptyContract, readContract } from './docs/contract.ts'
import { contractOf, packedModule } from './docs/packed.ts'
import { optionsOf } from './lib/options.ts'
import { ROOT } from './root.ts'

const HELP = `Usage: npm run docs [-- --check]

Writes docs/settings.md, .env.example, docs/openapi.json and the client's types from the code, and
builds the client for the sample mini-program.

  --check     writes nothing; fails where one of them is not up to date`

const { check = false } = optionsOf(HELP, { check: { type: 'boolean' } })

type Setting = {
  about: string
  secret?: true
  sample?: string
  reader: { missing?: { value: unknown } }
}

const settings = Object.entries<Setting>(SETTINGS).map(([name, { reader, ...setting }]) => {
  const fallback = reader.missing?.value?.toString()
  return {
    name,
    ...setting,
    fallback,
    optional: reader.missing !== undefined && fallback === undefined,
  }
})

function settingsPage(): string {
  const rows = settings.map(({ name, about, secret, fallback, optional }) => {
    const missing =
      fallback === undefined ? (optional ? 'left out' : '**required**') : `\`${fallback}\``
    return `| \`${name}\` | ${secret ? 'secret' : ''} | ${fallback === '' ? 'empty' : missing} | ${about} |`
  })
  return `# Settings

Made from \`shared/platform/config/settings.ts\` by \`npm run docs\`; do not edit.

Functions read their settings from the environment once per cold start, and name every missing or
wrong one at once. Where they are deployed, secrets come from AWS Systems Manager: the parameter
\`/minimall/STAGE/NAME\` (SecureString) is the setting \`NAME\`; \`STAGE\`, \`AWS_REGION\` and
\`QUEUE_URL_PREFIX\` are set by serverless.yml and Lambda. The local stack makes its own.

| setting | | default | |
|---|---|---|---|
${rows.join('\n')}
`
}

function envExample(): string {
  const lines = settings.map(({ name, about, sample, fallback, optional }) => {
    const assigned = `${name}=${sample ?? fallback ?? ''}`
    return `# ${about}\n${optional || fallback !== undefined ? '# ' : ''}${assigned}`
  })
  return `# Made from shared/platform/config/settings.ts by \`npm run docs\`; do not edit.
# npm start needs none of these: it makes its own. A deployment has them in SSM and serverless.yml
# (see README); this file is for running single functions by hand.

${lines.join('\n\n')}
`
}

/** Handlers read their settings when they are loaded: any that pass will do here. */
function useSampleSettings(): void {
  const key = {
    ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
    kid: 'docs',
  }
  for (const { name, sample, fallback, optional } of settings) {
    if (!optional && fallback === undefined) process.env[name] ??= sample ?? 'sample'
  }
  process.env.JWT_KEYS = JSON.stringify({ keys: [key] })
  process.env.WECHAT_PAY_MCH_PRIVATE_KEY = generateKeyPairSync('rsa', {
    modulusLength: 2048,
  }).privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
}

const PACKED = 'docs/openapi.generated.ts'
const existing = (name: string) =>
  existsSync(join(ROOT, name)) ? readFileSync(join(ROOT, name), 'utf8') : ''

/** Functions import the packed contract, so it has to be there, without a merge's conflict, to be made anew. */
function useReadableContract(): void {
  if (check || contractOf(existing(PACKED)) !== undefined) return
  writeFileSync(join(ROOT, PACKED), packedModule(emptyContract()))
}

/** Another version of the packer may pack the same in another way. */
const isUpToDate = (name: string, text: string) =>
  name === PACKED
    ? isDeepStrictEqual(contractOf(existing(name)), contractOf(text))
    : existing(name) === text

useSampleSettings()
useReadableContract()
const { routes, document } = await readContract()
const routeErrors = routes.flatMap(({ definition }) => errorsOf(definition))
const clientTypes = clientModule(document, [...Object.values(standardErrors), ...routeErrors])
const files = {
  'docs/settings.md': settingsPage(),
  '.env.example': envExample(),
  'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  [PACKED]: packedModule(document),
  'client/src/api.generated.ts': clientTypes,
  'examples/miniprogram/miniprogram_npm/minimall-client/index.js': await clientBundle(clientTypes),
}
const stale: string[] = []
for (const [name, text] of Object.entries(files)) {
  if (isUpToDate(name, text)) continue
  stale.push(name)
  if (!check) writeFileSync(join(ROOT, name), text)
}
if (check && stale.length > 0) {
  console.error(`not up to date: ${stale.join(', ')}. Run: npm run docs`)
  process.exitCode = 1
} else {
  console.log(stale.length === 0 ? 'all up to date' : `written: ${stale.join(', ')}`)
}
