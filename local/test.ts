// `npm test`: every check and test. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKS, passes } from './checks.ts'
import { whenAsked } from './lib/signals.ts'
import { ROOT } from './root.ts'

const HELP = `Usage: npm test [-- FILTER … | OPTIONS]

Runs types, lint, layer rules, unit, integration and end-to-end tests, on services of its own.
With a FILTER (part of a file's path) only the tests that match; other options go to vitest.`

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP)
  process.exit(0)
}

/** What a whole run asks of the database, kept for `npm test -- test/queries`. */
const STATEMENTS = join(ROOT, '.local', 'statements')

let passed = 0
let failed = 0
if (args.length === 0) {
  rmSync(STATEMENTS, { recursive: true, force: true })
  mkdirSync(STATEMENTS, { recursive: true })
  process.env.STATEMENTS_DIR = STATEMENTS
  for (const check of CHECKS) {
    if (await passes(check)) passed++
    else failed++
  }
}

const report = await runVitest()
if (report === undefined) {
  console.error('vitest ended without a report')
  failed++
} else {
  passed += report.numPassedTests
  failed += report.numFailedTests
  // A file that can't be loaded has no tests to count.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  failed += broken
  if (report.numTotalTests === 0) {
    console.error(`no test file matches: ${args.join(' ')}`)
    failed++
  } else if (!report.success && report.numFailedTests + broken === 0) failed++
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

type Report = {
  success: boolean
  numPassedTests: number
  numFailedTests: number
  numTotalTests: number
  testResults: { status: string; assertionResults: unknown[] }[]
}

async function runVitest(): Promise<Report | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'minimall-test-'))
  const file = join(folder, 'report.json')
  try {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
        ...['run', '--silent=passed-only', '--reporter=default', '--reporter=json'],
        `--outputFile.json=${file}`,
        ...args,
      ],
      { cwd: ROOT, stdio: 'inherit' },
    )
    whenAsked((signal) => child.kill(signal))
    await new Promise((resolve) => child.on('close', resolve))
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
