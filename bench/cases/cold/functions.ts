import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ROOT } from '../../../local/root.ts'

export type Kind = 'read route' | 'writing route' | 'job'
export type Sample = { name: string; kind: Kind; event: string }

/** Every function, with the event in events/ that mirrors its file. */
export function samples(): Sample[] {
  return readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
    .map((file) => {
      const name = file.slice(0, -'.ts'.length)
      const event = readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8')
      return { name, kind: kindOf(event), event }
    })
}

function kindOf(event: string): Kind {
  const { routeKey } = JSON.parse(event) as { routeKey?: string }
  if (routeKey === undefined) return 'job'
  return /^(GET|\$default)/.test(routeKey) ? 'read route' : 'writing route'
}

type Answer = { statusCode?: number; body?: string; batchItemFailures?: unknown[] } | null
/** In milliseconds since the process began: Node was up, and the answer was there. */
export type First = { bootedMs: number; answeredMs: number; answer: Answer }

const RUNNER = fileURLToPath(new URL('first.mjs', import.meta.url))
const execute = promisify(execFile)

/** Asks a packaged function once, in a new process. */
export async function askCold(
  bundle: string,
  event: string,
  env: Record<string, string>,
): Promise<First> {
  const { stdout } = await execute(process.execPath, [RUNNER, bundle, event], { env })
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as First
}

/** A sample may name what is not there, and WeChat's signature none has; the rest must be right. */
export function isRight({ name, kind }: Sample, { answer }: First): void {
  if (kind === 'job') {
    if ((answer?.batchItemFailures ?? []).length === 0) return
  } else {
    const { statusCode = 0 } = answer ?? {}
    const others = name.endsWith('notify') ? [401] : [404, 409]
    if ((statusCode >= 200 && statusCode < 400) || others.includes(statusCode)) return
  }
  throw new Error(`${name} answered ${JSON.stringify(answer).slice(0, 300)}`)
}
