// `npm run check`: types, lint and layers.
import { CHECKS, passes } from './checks.ts'
import { optionsOf } from './lib/options.ts'

optionsOf(
  'Usage: npm run check\n\nTypes, lint, layers, whether the generated documents are up to date, and whether each function keeps\nto its budget.',
  {},
)

let failed = 0
for (const check of CHECKS) if (!(await passes(check))) failed++
process.exitCode = failed === 0 ? 0 : 1
