import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Asked } from '../history.ts'

export type Answer = {
  status: number
  code: number
  // biome-ignore lint/suspicious/noExplicitAny: each caller knows its route's answer
  data: any
  trace: string
}
export type Question = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  /** Its name in the report, where the path has an id in it. */
  route?: string
  token?: string | undefined
  body?: unknown
  /** Idempotency-Key. */
  key?: string
  /** Hangs up after so many milliseconds, as phones do that lose their network. */
  hangUpAfter?: number
}

/**
 * Requests at once. All functions share one process here, which more would only keep waiting: what a queue
 * in front of a busy process does to its answers says nothing of the shop.
 */
const AT_ONCE = 40
/** Well below what the server keeps idle connections for: one that it is just closing would fail. */
const IDLE_MILLIS = 1_000

/** Worth another try, with the same key: nobody was told that it was done, or that it can't be. */
export const isPassing = ({ status, code }: Answer) =>
  status === 0 || status >= 500 || status === 429 || code === 40903

/** Speaks to the API as a phone does, and writes each answer down. */
export function createApi(options: {
  port: number
  seed: number
  asked: Asked[]
  /** After so many milliseconds nobody waits any more. */
  patienceMillis: number
}) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, timeout: IDLE_MILLIS })
  let count = 0
  let free = AT_ONCE
  const waiting: (() => void)[] = []

  /** Waits for its turn before the clock of its answer starts. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }

  const ask = (question: Question) => inTurn(() => askNow(question))

  async function askNow(question: Question): Promise<Answer> {
    const trace = `chaos-${options.seed}-${String(++count).padStart(6, '0')}`
    const at = performance.now()
    const entry: Asked = {
      at,
      millis: 0,
      route: `${question.method} ${question.route ?? question.path}`,
      trace,
      status: 0,
      code: 0,
    }
    let data: unknown
    try {
      const { status, text } = await exchange(question, trace)
      entry.status = status
      const body = envelopeOf(text)
      if (body === undefined) entry.problem = `no envelope: ${text.slice(0, 80)}`
      else {
        entry.code = body.code
        data = body.data
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      entry.problem = code ?? message
    }
    entry.millis = performance.now() - at
    // Who hung up can't say what came of it.
    if (entry.problem !== HUNG_UP) options.asked.push(entry)
    return { status: entry.status, code: entry.code, data, trace }
  }

  function exchange(
    { method, path, token, body, key, hangUpAfter }: Question,
    trace: string,
  ): Promise<{ status: number; text: string }> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: options.port,
          agent,
          method,
          path,
          headers: {
            'x-trace-id': trace,
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(key === undefined ? {} : { 'idempotency-key': key }),
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
        },
        (incoming) => read(incoming).then(resolve, reject),
      )
      const timer = setTimeout(
        () => outgoing.destroy(new Error(hangUpAfter === undefined ? NO_ANSWER : HUNG_UP)),
        hangUpAfter ?? options.patienceMillis,
      )
      outgoing.once('close', () => clearTimeout(timer))
      outgoing.once('error', reject)
      outgoing.end(text)
    })
  }

  return {
    ask,

    /** Asks until the answer is one to go by, `tries` times at most, less and less often. */
    async insist(question: Question, tries = 7): Promise<{ answer: Answer; unsure: boolean }> {
      let unsure = false
      for (let turn = 1; ; turn++) {
        const answer = await ask(question)
        if (!isPassing(answer)) return { answer, unsure }
        unsure = true
        if (turn >= tries) return { answer, unsure }
        await sleep(Math.min(3_000, 150 * 2 ** turn))
      }
    },

    stop: () => agent.destroy(),
  }
}

export type Api = ReturnType<typeof createApi>

export const NO_ANSWER = 'no answer'
const HUNG_UP = 'hung up'

async function read(incoming: IncomingMessage): Promise<{ status: number; text: string }> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
}

function envelopeOf(text: string): { code: number; data: unknown } | undefined {
  try {
    const body = JSON.parse(text) as { code?: unknown; message?: unknown; traceId?: unknown }
    const fits = [typeof body.code, typeof body.message, typeof body.traceId].join()
    return fits === 'number,string,string' ? (body as { code: number; data: unknown }) : undefined
  } catch {
    return undefined
  }
}
