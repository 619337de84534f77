/** One call as a route of the stand-in gets it. */
export type Call = { query: URLSearchParams; body: Record<string, unknown> }
export type Reply = Record<string, unknown>
export type App = {
  appId: string
  appSecret: string
  tokens: {
    /** @param force ends the token that was given out before */
    issue(force: boolean): { token: string; seconds: number }
    /** @returns what WeChat says of a call with this token, or undefined where it is good */
    refusal(token: string | null): Reply | undefined
  }
  openidOf(name: string): string
  /** Whether this has the form of an openid. */
  isOpenid(openid: unknown): boolean
  /** Remembers a login code. @returns false where it was used before */
  useCode(code: string): boolean
  /** Openids that take no subscribe messages. */
  unsubscribed: Set<string>
  /** Writes down a message or shipment that was taken. */
  note(entry: Reply): void
}
