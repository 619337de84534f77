import { systemClock } from './clock.ts'
import type { Transport } from './transport.ts'

type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{
  status: number
  headers: { forEach(each: (value: string, name: string) => void): void }
  text(): Promise<string>
}>

/** Over fetch, for tests and tools: `fetchTransport(fetch)`. */
export function fetchTransport(fetch: Fetch): Transport {
  return async ({ url, timeoutMillis, ...init }) => {
    const timeout = systemClock.sleep(timeoutMillis).then(() => {
      throw new Error(`no answer within ${timeoutMillis} ms`)
    })
    const answer = async () => {
      const response = await fetch(url, init)
      const headers: Record<string, string> = {}
      response.headers.forEach((value, name) => {
        headers[name.toLowerCase()] = value
      })
      return { status: response.status, headers, body: parsed(await response.text()) }
    }
    return Promise.race([answer(), timeout])
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
