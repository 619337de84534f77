import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { messageType } from '../../../shared/platform/queue/message.ts'
import { send } from '../../../shared/platform/queue/queue.ts'
import { callSqs } from '../../../shared/platform/queue/sqs.ts'

type Entries = { Entries: { Id: string; DelaySeconds?: number }[] }

let answer: (body: Entries) => RequestListener
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  answer(JSON.parse(Buffer.concat(chunks).toString()))(request, response)
})
const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(JSON.stringify(body))
  }

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  process.env.AWS_ENDPOINT_URL_SQS = `http://127.0.0.1:${port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const Tick = messageType('test.tick', 1, z.number())
const ticks = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ message: Tick.of(index) }))

describe('sending messages', () => {
  it('names those that SQS refused within a 200, by their place in the input', async () => {
    answer = ({ Entries }) =>
      json(200, {
        Failed: Entries.filter(({ Id }) => Id === '3' || Id === '12').map(({ Id }) => ({ Id })),
      })
    expect(await send('stock', ticks(15))).toEqual({ failed: [3, 12] })
  })

  it('names all of a call that failed, and still sends the others', async () => {
    answer = ({ Entries }) =>
      Entries[0]?.Id === '0' ? json(500, { __type: 'InternalError' }) : json(200, {})
    const { failed } = await send('stock', ticks(13))
    expect(failed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('keeps a message back where that is asked for', async () => {
    let seen: Entries['Entries'] = []
    answer = ({ Entries }) => {
      seen = Entries
      return json(200, {})
    }
    await send('stock', [...ticks(1), { message: Tick.of(1), delaySeconds: 900 }])
    expect(seen.map(({ DelaySeconds }) => DelaySeconds)).toEqual([undefined, 900])
  })
})

describe('a call of SQS', () => {
  it.each<[string, RequestListener]>([
    ['refused', json(400, { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'a secret' })],
    [
      'cut off in the middle of the body',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"Mess')
        setImmediate(() => response.destroy())
      },
    ],
    [
      'cut off before it',
      (_, response) => {
        response.destroy()
      },
    ],
  ])('that is %s is Unavailable', async (_, listener) => {
    answer = () => listener
    const error = await callSqs('ReceiveMessage', {}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Unavailable)
    expect(String((error as Error).message)).not.toContain('secret')
  })
})
