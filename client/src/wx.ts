import { NetworkError } from './errors.ts'
import type { TokenStore, Tokens } from './session.ts'
import type { Transport } from './transport.ts'

// The part of `wx` that is used here, so that the package depends on nothing.

export type Failed = (problem: { errMsg: string }) => void

export type WxRequest = {
  request(options: {
    url: string
    method: 'GET' | 'POST' | 'PUT' | 'DELETE'
    header: Record<string, string>
    data?: string
    timeout: number
    dataType: 'json'
    success(answer: { statusCode: number; header: object; data: unknown }): void
    fail: Failed
  }): unknown
}

export type WxLogin = {
  login(options: { success(answer: { code: string }): void; fail: Failed }): void
}

export type WxStorage = {
  // biome-ignore lint/suspicious/noExplicitAny: as in miniprogram-api-typings
  getStorageSync(key: string): any
  setStorageSync(key: string, data: unknown): void
  removeStorageSync(key: string): void
}

/** Over wx.request. It knows no PATCH: such a route is for other clients. */
export function wxTransport(wx: WxRequest): Transport {
  return ({ url, headers, body, timeoutMillis, ...request }) => {
    const method = known(request.method)
    return new Promise((resolve, reject) => {
      wx.request({
        url,
        method,
        header: headers,
        ...(body === undefined ? {} : { data: body }),
        timeout: Math.max(1, Math.round(timeoutMillis)),
        dataType: 'json',
        success: ({ statusCode, header, data }) =>
          resolve({ status: statusCode, headers: lowerCased(header), body: data }),
        fail: ({ errMsg }) => reject(new Error(errMsg)),
      })
    })
  }
}

function known(method: string): 'GET' | 'POST' | 'PUT' | 'DELETE' {
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE')
    return method
  throw new TypeError(`wx.request cannot send ${method}`)
}

function lowerCased(header: object | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(header ?? {}))
    headers[name.toLowerCase()] = String(value)
  return headers
}

/** Codes of wx.login, for `signIn`. */
export function wxSignIn(wx: WxLogin): () => Promise<string> {
  return () =>
    new Promise((resolve, reject) => {
      wx.login({
        success: ({ code }) => resolve(code),
        fail: ({ errMsg }) => reject(new NetworkError(errMsg, '')),
      })
    })
}

/** Keeps the tokens in the mini-program's storage. */
export function wxTokens(wx: WxStorage, key = 'minimall.tokens'): TokenStore {
  return {
    read: () => {
      const kept = wx.getStorageSync(key) as Partial<Tokens> | '' | undefined
      if (!kept || typeof kept.accessToken !== 'string') return undefined
      return typeof kept.refreshToken === 'string' ? (kept as Tokens) : undefined
    },
    write: (tokens) => {
      try {
        if (tokens === undefined) wx.removeStorageSync(key)
        else wx.setStorageSync(key, tokens)
      } catch {
        // The storage is full: the session lasts as long as the app is open.
      }
    },
  }
}
