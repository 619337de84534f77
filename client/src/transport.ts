export type TransportRequest = {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
  timeoutMillis: number
}

export type TransportResponse = {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  /** The JSON, parsed; text where it is none. */
  body: unknown
}

/**
 * Sends one request. Rejects where no answer came; any HTTP status is an answer. Throws at once where
 * it can send no such request.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>
