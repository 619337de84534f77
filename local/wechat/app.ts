/** One call as a route of the stand-in gets it. */
export type Call = { query: URLSearchParams; body: Record<string, unknown> }
export type Reply = Record<string, unknown>
export type App = {
  appId: string
  appSecret: string
  openidOf(name: string): string
  /** Remembers a login code. @returns false where it was used before */
  useCode(code: string): boolean
}
