// `npm run bundles`: what each function weighs against its budget, and what of.
import { BUDGETS } from './bundles/budgets.ts'
import { groupOf, heaviest, type Measured, measureBundles } from './bundles/measure.ts'
import { argumentsOf } from './lib/options.ts'

const HELP = `Usage: npm run bundles [-- FUNCTION…] [-- --check]

Bundles all functions as npm run package does, and prints what each weighs, its budget
(local/bundles/budgets.ts), and which packages, folders and files weigh most. Fails where a function is
over its budget. A KB is 1,000 bytes.

  FUNCTION    what fills this one's bundle, e.g. ordersCreate or orders/create
  --check     prints only functions that are over their budget`

const SHOWN = 20
const { values, names } = argumentsOf(HELP, { check: { type: 'boolean' } })
const functions = (await measureBundles()).toSorted((a, b) => b.bytes - a.bytes)
const asked = names.map((name) => {
  const found = functions.find((one) => one.key === name || one.name === name)
  if (found === undefined) {
    console.error(`minimall: there is no function "${name}"`)
    process.exit(1)
  }
  return found
})

const kb = (bytes: number) => (bytes / 1000).toFixed(1).padStart(9)
const share = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`.padStart(5)

function printOne({ name, kind, bytes, budget, inputs }: Measured): void {
  console.log(`\n${name}: ${kb(bytes).trim()} KB of the ${budget / 1000} KB of a ${kind} function`)
  const groups = heaviest([...inputs].map(([path, part]) => [groupOf(path), part]))
  for (const [title, parts] of [
    ['packages and folders', groups],
    ['files', heaviest(inputs)],
  ] as const) {
    console.log(`\n       KB        of ${title}`)
    for (const [part, size] of parts.slice(0, SHOWN)) {
      console.log(`${kb(size)} ${share(size, bytes)}  ${part}`)
    }
  }
}

function printAll(): void {
  console.log('       KB   of its budget')
  for (const { name, kind, bytes, budget } of functions) {
    console.log(`${kb(bytes)} ${share(bytes, budget)}  ${kind.padEnd(5)} ${name}`)
  }
  const total = functions.reduce((sum, { bytes }) => sum + bytes, 0)
  console.log(`\n${functions.length} functions, ${kb(total).trim()} KB in all, and what of:`)
  for (const [title, nameOf] of [
    ['packages and folders', groupOf],
    ['files', (path: string) => path],
  ] as const) {
    const parts = functions.flatMap(({ inputs }) =>
      [...inputs].map(([path, size]) => ({ part: nameOf(path), size })),
    )
    console.log(`\n  mean KB  of all  in  of ${title}`)
    for (const [part, size] of heaviest(parts.map((one) => [one.part, one.size])).slice(0, SHOWN)) {
      const holders = functions.filter(({ inputs }) =>
        [...inputs].some(([path, bytes]) => bytes > 0 && nameOf(path) === part),
      ).length
      const count = String(holders).padStart(3)
      console.log(`${kb(size / holders)}  ${share(size, total)} ${count}  ${part}`)
    }
  }
}

const over = functions.filter(({ bytes, budget }) => bytes > budget)
if (asked.length > 0) asked.forEach(printOne)
else if (!values.check) printAll()
for (const { name, kind, bytes } of over) {
  console.error(
    `${name} weighs ${kb(bytes).trim()} KB, over the ${BUDGETS[kind] / 1000} KB of a ${kind} function: ` +
      `see npm run bundles -- ${name}`,
  )
}
process.exitCode = over.length === 0 ? 0 : 1
