// One container: a worker thread with its own modules, which takes one request at a time.
// Started by containers.ts.
import { parentPort, workerData } from 'node:worker_threads'

/** What containers.ts asks for. */
export type Call = { exported: string; payload: unknown }
export type Thrown = { name: string; message: string; stack?: string | undefined }
/** What comes back: one when the module is loaded, one per call. */
export type Outcome = { value: unknown } | { thrown: Thrown; facts: Record<string, unknown> }
/** Given to every container when it starts. */
export type Start = { url: string; name: string; timeoutMillis: number }

type Handler = (payload: unknown, context: unknown) => unknown

const { url, name, timeoutMillis } = workerData as Start
const port = parentPort
if (port === null) throw new Error('a container runs in a worker thread')

/** What of an error another thread can be told: names, text, and facts that are plain values. */
function thrownOf(error: unknown): Outcome {
  if (!(error instanceof Error)) {
    return { thrown: { name: 'Error', message: String(error) }, facts: {} }
  }
  const facts = Object.entries(error).filter(([, fact]) => Object(fact) !== fact)
  const { name, message, stack } = error
  return { thrown: { name, message, stack }, facts: Object.fromEntries(facts) }
}

/** Tells the outcome, or that it can't be told (a value with a function in it). */
async function tell(work: () => unknown): Promise<void> {
  try {
    port?.postMessage({ value: await work() } satisfies Outcome)
  } catch (error) {
    port?.postMessage(thrownOf(error))
  }
}

/** As much of Lambda's context as our stack reads. */
function contextOf() {
  const end = Date.now() + timeoutMillis
  return { functionName: name, getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) }
}

const loaded: Promise<Record<string, Handler | undefined>> = import(url)
void tell(async () => {
  await loaded
})
port.on('message', ({ exported, payload }: Call) =>
  tell(async () => {
    const handler = (await loaded)[exported]
    if (handler === undefined) throw new TypeError(`the module exports no ${exported}`)
    return handler(payload, contextOf())
  }),
)
