// A cold container: `node first.mjs BUNDLE EVENT`, in a process of its own, loads a packaged function and
// asks it once. Prints when Node was up, when the answer was there, in milliseconds since the process
// began, and the answer.
const bootedMs = performance.now()
const [, , bundle, event] = process.argv
const { handler } = await import(bundle)
const end = Date.now() + 10_000
const context = { functionName: 'bench', getRemainingTimeInMillis: () => end - Date.now() }
const answer = await handler(JSON.parse(event), context)
const answeredMs = performance.now()
process.stdout.write(`\n${JSON.stringify({ bootedMs, answeredMs, answer: answer ?? null })}`, () =>
  process.exit(0),
)
