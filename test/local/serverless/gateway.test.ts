import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { envelopeGatewayErrors, type HapiServer } from '../../../local/serverless/gateway.ts'

type Hapi = HapiServer & {
  info: { uri: string }
  route(route: { method: string; path: string; handler(request: unknown, h: never): unknown }): void
  start(): Promise<void>
  stop(): Promise<void>
}
// The server that serverless-offline has, which brings no types.
const { server: serverOf } = createRequire(import.meta.url)('@hapi/hapi') as {
  server(options: { host: string; port: number }): Hapi
}

describe('a server with more requests than it can do', () => {
  it('says so at once to those above its bound, and does the others', async () => {
    const server = serverOf({ host: '127.0.0.1', port: 0 })
    envelopeGatewayErrors(server, 3)
    let begun = 0
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    let allBegun = () => {}
    const three = new Promise<void>((resolve) => {
      allBegun = resolve
    })
    server.route({
      method: 'GET',
      path: '/',
      handler: async (
        _,
        h: { response(body: string): { header(n: string, v: string): unknown } },
      ) => {
        if (++begun === 3) allBegun()
        await finished
        return h.response('done').header('x-trace-id', 'trace-0001')
      },
    })
    await server.start()
    try {
      const ask = () => fetch(server.info.uri)
      const running = [ask(), ask(), ask()]
      await three
      const refused = await Promise.all([ask(), ask()])
      for (const answer of refused) {
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
        expect(await answer.json()).toMatchObject({ code: 50301, data: null })
      }
      finish()
      expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200])
      // Room again.
      expect((await ask()).status).toBe(200)
      expect(begun).toBe(4)
    } finally {
      finish()
      await server.stop()
    }
  })
})
