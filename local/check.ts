// `npm run check`: types, lint and layers.
import { CHECKS, passes } from './checks.ts'

let failed = 0
for (const check of CHECKS) if (!(await passes(check))) failed++
process.exitCode = failed === 0 ? 0 : 1
