import type { Transport } from './transport.ts'

declare const setTimeout: (run: () => void, millis: number) => number
declare const clearTimeout: (timer: number) => void

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
  return ({ url, timeoutMillis, ...init }) =>
    new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${timeoutMillis} ms`))
      const timer = setTimeout(late, timeoutMillis)
      const answer = async () => {
        const response = await fetch(url, init)
        const headers: Record<string, string> = {}
        response.headers.forEach((value, name) => {
          headers[name.toLowerCase()] = value
        })
        return { status: response.status, headers, body: parsed(await response.text()) }
      }
      answer()
        .then(resolve, reject)
        .then(() => clearTimeout(timer))
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
