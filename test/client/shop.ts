import {
  type ClientOptions,
  createClient,
  wxSignIn,
  wxTokens,
  wxTransport,
} from '../../client/src/index.ts'
import { type Answered, createWx, type Sent } from './wx.ts'

/** An answer in the shop's envelope. */
export const ok = (data: unknown): Answered => ({
  status: 200,
  text: JSON.stringify({ code: 0, message: 'ok', data, traceId: 'trace-of-the-shop' }),
})

export const refusal = (code: number, headers: Record<string, string> = {}): Answered => ({
  status: Math.floor(code / 100),
  headers,
  text: JSON.stringify({
    code,
    message: `refused with ${code}`,
    data: null,
    traceId: 'trace-of-the-shop',
    details: [{ field: 'x', message: 'is wrong' }],
  }),
})

export const down = (): never => {
  throw new Error('connect ECONNREFUSED')
}

/** A clock that stands still but for the waiting, which it writes down. */
export function testClock(random: () => number = () => 0.5) {
  let now = Date.parse('2026-11-24T08:00:00Z')
  const waits: number[] = []
  return {
    waits,
    now: () => now,
    random,
    pass: (millis: number) => {
      now += millis
    },
    sleep: async (millis: number) => {
      waits.push(millis)
      now += millis
    },
  }
}

type Options = Partial<ClientOptions> & { signsIn?: boolean; tokens?: never }

/** A client in a mini-program whose network is a function. */
export function shopOver(
  network: (sent: Sent) => Answered | Promise<Answered>,
  { signsIn = false, ...options }: Options = {},
) {
  let codes = 0
  const clock = testClock()
  const { wx, sent, storage } = createWx({
    network: async (request) => network(request),
    code: () => `code-${++codes}`,
  })
  const client = (over: Partial<ClientOptions> = {}) =>
    createClient({
      baseUrls: ['https://a.example'],
      transport: wxTransport(wx),
      tokens: wxTokens(wx),
      ...(signsIn ? { signIn: wxSignIn(wx) } : {}),
      clock,
      ...options,
      ...over,
    })
  return {
    wx,
    sent,
    clock,
    client,
    /** Tokens from an earlier visit. */
    remember: (accessToken: string, refreshToken: string) =>
      storage.set('minimall.tokens', JSON.stringify({ accessToken, refreshToken })),
    remembered: () => JSON.parse(storage.get('minimall.tokens') ?? 'null'),
  }
}
