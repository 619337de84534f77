import { randomUUID } from 'node:crypto'
import { type Client, createClient, fetchTransport, type Tokens } from '../../client/src/index.ts'
import { expect } from './steps.ts'

type Mail = { subject: string; destination: { to: string[] } }

export type Shop = {
  api: string
  ses: string
  /** A client of the API that signs in as somebody; the same name is the same user. */
  as(name: string): Client
  /** @returns the access token of somebody who is signed in */
  tokenOf(name: string): string
  /** Pays an order in WeChat's stand-in, which sends its signed notice. @returns how often it came */
  pay(orderId: string, times: number): Promise<number>
  /** @returns what WeChat's stand-in was sent about an order, by kind */
  toldAtWechat(orderId: string): Promise<string[]>
  /** @returns the subjects of the mails that an address got */
  mailsTo(address: string): Promise<string[]>
}

/** What the demo does with the running stack. */
export function connect({ api = '', ses = '', wechat = '' }: Record<string, string>): Shop {
  const sessions = new Map<string, Tokens>()
  return {
    api,
    ses,
    tokenOf: (name) => sessions.get(name)?.accessToken ?? '',
    as: (name) =>
      createClient({
        baseUrls: [api],
        transport: fetchTransport(fetch),
        signIn: async () => `mock:${name}:${randomUUID()}`,
        tokens: {
          read: () => sessions.get(name),
          write: (tokens) => {
            if (tokens === undefined) sessions.delete(name)
            else sessions.set(name, tokens)
          },
        },
      }),

    async pay(outTradeNo, times) {
      const body = JSON.stringify({ outTradeNo, times })
      const answer = await fetch(`${wechat}/mock/pay`, { method: 'POST', body })
      const { deliveries = [], message } = (await answer.json()) as {
        deliveries?: { status: number }[]
        message?: string
      }
      expect(answer.ok, message ?? `answered ${answer.status}`)
      const taken = deliveries.filter(({ status }) => status === 200)
      expect(taken.length === times, `${taken.length} of ${times} notices were taken`)
      return taken.length
    },

    async toldAtWechat(orderId) {
      const answer = await fetch(`${wechat}/mock/messages`)
      const { messages } = (await answer.json()) as { messages: { kind: string }[] }
      return messages
        .filter((message) => JSON.stringify(message).includes(orderId))
        .map(({ kind }) => kind)
    },

    async mailsTo(address) {
      const { emails } = (await (await fetch(`${ses}/store`)).json()) as { emails: Mail[] }
      return emails
        .filter(({ destination }) => destination.to.includes(address))
        .map(({ subject }) => subject)
    },
  }
}
