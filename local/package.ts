// `npm run package`: builds the CloudFormation template and the zips, without AWS credentials.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { optionsOf } from './lib/options.ts'
import { whenAsked } from './lib/signals.ts'
import { ROOT } from './root.ts'

const HELP = `Usage: npm run package [-- --stage STAGE] [--region REGION] [--param NAME=VALUE …] [--out FOLDER]

Builds the CloudFormation template and one zip per function into .serverless/ (or FOLDER), and prints
the size of each function. Needs no AWS credentials. Parameters are those of serverless.yml: home,
domain and zone, for two regions (docs/runbooks/two-regions.md).`

const options = optionsOf(HELP, {
  stage: { type: 'string', default: 'dev' },
  out: { type: 'string', default: '.serverless' },
  region: { type: 'string' },
  param: { type: 'string', multiple: true, default: [] },
})

/** Outside of the project, so that a running stack keeps its own build. */
const work = mkdtempSync(join(tmpdir(), 'minimall-build-'))
const buildDir = relative(ROOT, work)
const child = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js'),
    ...['package', '--stage', options.stage, '--package', options.out],
    ...(options.region === undefined ? [] : ['--region', options.region]),
    ...options.param.flatMap((param) => ['--param', param]),
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    // A group of its own: what it starts goes with it.
    detached: true,
    // TMPDIR: what the packager leaves behind goes away with the build.
    env: {
      ...process.env,
      TMPDIR: work,
      BUILD_DIR: buildDir,
      KEEP_BUILD: 'true',
      SLS_TELEMETRY_DISABLED: '1',
    },
  },
)
let stopped = false
whenAsked(() => {
  stopped = true
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
})
const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
if (code === 0) printSizes(join(work, '.build'))
rmSync(work, { recursive: true, force: true })
process.exitCode = stopped ? 130 : (code ?? 1)

function printSizes(folder: string): void {
  const bundles = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => ({ name, bytes: statSync(join(folder, name)).size }))
    .toSorted((a, b) => b.bytes - a.bytes)
  console.log('\nMinified size of each function:')
  for (const { name, bytes } of bundles) {
    const label = name
      .split(sep)
      .join('/')
      .replace(/\.mjs$/, '')
    console.log(`  ${label.padEnd(34)} ${(bytes / 1000).toFixed(1).padStart(7)} KB`)
  }
}
