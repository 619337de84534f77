/** What reaches the network. */
export type Sent = {
  method: string
  url: string
  headers: Record<string, string>
  body: unknown
  /** Milliseconds after which it is given up. */
  timeout: number
}
export type Answered = { status: number; headers?: Record<string, string>; text: string }

type Wx = WechatMiniprogram.Wx
type Simulated = Pick<
  Wx,
  'request' | 'login' | 'getStorageSync' | 'setStorageSync' | 'removeStorageSync' | 'requestPayment'
>

type Options = {
  /** Throws where there is no network. */
  network: (sent: Sent) => Promise<Answered>
  /** Codes of wx.login. */
  code?: () => string
  /** What the user does with the payment sheet. */
  pay?: (payment: WechatMiniprogram.RequestPaymentOption) => Promise<'paid' | 'cancelled'>
  /** What an earlier visit left. */
  storage?: Map<string, string>
}

const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']

/**
 * `wx` as far as the client needs it, typed by WeChat's own definitions.
 * @see https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html
 */
export function createWx({ network, code = () => '', pay, storage = new Map() }: Options) {
  const sent: Sent[] = []

  async function perform(options: WechatMiniprogram.RequestOption): Promise<void> {
    const { url, method = 'GET', header = {}, data, timeout = 60_000, dataType } = options
    if (!METHODS.includes(method)) return options.fail?.(failure('method is invalid'))
    const body = typeof data === 'string' ? JSON.parse(data) : data
    const request = { method, url, headers: { ...header }, body, timeout }
    sent.push(request)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('timeout')), timeout)
    })
    try {
      const { status, headers = {}, text } = await Promise.race([network(request), late])
      options.success?.({
        statusCode: status,
        header: headers,
        data: dataType === 'json' ? parsed(text) : text,
        cookies: [],
        errMsg: 'request:ok',
      } as unknown as WechatMiniprogram.RequestSuccessCallbackResult)
    } catch (error) {
      options.fail?.(failure((error as Error).message))
    } finally {
      clearTimeout(timer)
    }
  }

  const wx: Simulated = {
    request: (options) => {
      void perform(options as WechatMiniprogram.RequestOption)
      return {} as WechatMiniprogram.RequestTask
    },
    login: ((options: WechatMiniprogram.LoginOption) => {
      options.success?.({ code: code(), errMsg: 'login:ok' })
    }) as Wx['login'],
    getStorageSync: (key) => JSON.parse(storage.get(key) ?? '""'),
    setStorageSync: (key, value) => void storage.set(key, JSON.stringify(value)),
    removeStorageSync: (key) => void storage.delete(key),
    requestPayment: ((options: WechatMiniprogram.RequestPaymentOption) => {
      void pay?.(options).then((done) =>
        done === 'paid'
          ? options.success?.({ errMsg: 'requestPayment:ok' })
          : options.fail?.({ errMsg: 'requestPayment:fail cancel' }),
      )
    }) as Wx['requestPayment'],
  }
  return { wx, sent, storage }
}

const failure = (reason: string) =>
  ({ errno: 5, errMsg: `request:fail ${reason}` }) as WechatMiniprogram.RequestFailCallbackErr

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The network that this machine has. */
export async function realNetwork({ method, url, headers, body }: Sent): Promise<Answered> {
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  }
}
