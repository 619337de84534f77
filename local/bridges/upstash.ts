import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Redis } from 'ioredis'
import { bodyOf, listen } from '../lib/http.ts'
import { type Fault, Faults } from './faults.ts'

export type Bridge = { url: string; faults: Faults; stop(): Promise<void> }

type Command = [name: string, ...args: (string | number)[]]
/** As ioredis hands them out here: bulk strings as buffers, integers as strings of digits. */
type Reply = Buffer | string | null | Reply[]

const CONNECTIONS = 4
/** They would block everybody who shares the connection. */
const REFUSED =
  /^(B[LRZ](?:POP|MOVE|MPOP|POPLPUSH|POPMAX|POPMIN)\w*|P?SUBSCRIBE|SSUBSCRIBE|MONITOR|WAIT|AUTH|SELECT|MULTI|EXEC|WATCH|QUIT|RESET|SHUTDOWN)$/i

/**
 * Upstash's REST protocol over a Redis server: single commands, `/pipeline` and `/multi-exec`,
 * plain or with `Upstash-Encoding: base64`.
 * @param token what clients must send as their bearer token
 * @see https://upstash.com/docs/redis/features/restapi
 */
export async function startUpstashBridge(options: {
  redisUrl: string
  token: string
  port?: number
}): Promise<Bridge> {
  const faults = new Faults()
  const clients = Array.from({ length: CONNECTIONS }, () => {
    const client = new Redis(options.redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 100,
      stringNumbers: true,
    })
    client.on('error', () => undefined)
    return client
  })
  await Promise.all(
    clients.map((client) => new Promise((resolve) => client.once('ready', resolve))),
  )
  let turn = 0
  const next = () => clients[turn++ % CONNECTIONS] as Redis
  const expected = Buffer.from(`Bearer ${options.token}`)

  const server = await listen((request, response) => {
    void answer(request, response).catch((error: Error) => {
      if (!response.headersSent) send(response, 500, `{"error":${JSON.stringify(error.message)}}`)
    })
  }, options.port)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return send(response, 401, '{"error":"Unauthorized"}')
    }
    let body: unknown
    try {
      body = JSON.parse((await bodyOf(request)).toString('utf8'))
    } catch {
      return send(response, 400, '{"error":"ERR failed to parse pipeline request"}')
    }
    if (request.url === '/__faults') {
      faults.set(body as Fault)
      return send(response, 200, '{"result":"OK"}')
    }
    if (await faults.strike()) return send(response, 503, '{"error":"injected fault"}')
    const encode = encoder(request.headers['upstash-encoding'] === 'base64')
    const path = (request.url ?? '/').split('?')[0]
    if (path === '/') {
      const { status, json } = await single(next(), body, encode)
      return send(response, status, json)
    }
    if (path !== '/pipeline' && path !== '/multi-exec') {
      return send(response, 404, '{"error":"ERR send the command as a JSON array in the body"}')
    }
    const { status, json } = await many(next(), body, path === '/multi-exec', encode)
    send(response, status, json)
  }

  return {
    url: server.url,
    faults,
    stop: async () => {
      await server.stop()
      for (const client of clients) client.disconnect()
    },
  }
}

function send(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(json)
}

type Answer = { status: number; json: string }
type Encode = (reply: Reply) => string

/** Integers keep Redis's digits: JSON numbers may be larger than JavaScript's are exact. */
function encoder(base64: boolean): Encode {
  const encode: Encode = (reply) => {
    if (reply === null) return 'null'
    if (Array.isArray(reply)) return `[${reply.map(encode).join(',')}]`
    if (typeof reply === 'string') return /^-?\d+$/.test(reply) ? reply : JSON.stringify(reply)
    return JSON.stringify(reply.toString(base64 ? 'base64' : 'utf8'))
  }
  return encode
}

function problemOf(command: unknown): string | undefined {
  const isCommand =
    Array.isArray(command) &&
    command.length > 0 &&
    command.every((part) => typeof part === 'string' || typeof part === 'number')
  if (!isCommand) return 'ERR a command is an array of strings and numbers'
  const name = String(command[0])
  return REFUSED.test(name) ? `ERR ${name} is not available over REST` : undefined
}

const errorJson = (message: string) => `{"error":${JSON.stringify(message)}}`

/** A reply of Redis is the client's to mend (400); anything else means that Redis is away (503). */
function failureOf(error: Error): Answer {
  const byRedis = error.name === 'ReplyError'
  const message = byRedis ? error.message : 'redis is not reachable'
  return { status: byRedis ? 400 : 503, json: errorJson(message) }
}

async function single(client: Redis, command: unknown, encode: Encode): Promise<Answer> {
  const problem = problemOf(command)
  if (problem !== undefined) return { status: 400, json: errorJson(problem) }
  const [name, ...args] = command as Command
  try {
    const reply = (await client.callBuffer(name, ...args)) as Reply
    return { status: 200, json: `{"result":${encode(reply)}}` }
  } catch (error) {
    return failureOf(error as Error)
  }
}

/** ioredis writes a pipeline in one piece, so nobody else's commands come between MULTI and EXEC. */
async function many(
  client: Redis,
  commands: unknown,
  atomic: boolean,
  encode: Encode,
): Promise<Answer> {
  if (!Array.isArray(commands))
    return { status: 400, json: errorJson('ERR send an array of commands') }
  const problem = commands.map(problemOf).find((found) => found !== undefined)
  if (problem !== undefined) return { status: 400, json: errorJson(problem) }
  const pipeline = atomic ? client.multi() : client.pipeline()
  for (const [name, ...args] of commands as Command[]) pipeline.callBuffer(name, ...args)
  try {
    const replies = (await pipeline.exec()) ?? []
    const gone = replies.find(([error]) => error !== null && error.name !== 'ReplyError')
    if (gone !== undefined) return failureOf(gone[0] as Error)
    const parts = replies.map(([error, reply]) =>
      error === null ? `{"result":${encode(reply as Reply)}}` : errorJson(error.message),
    )
    return { status: 200, json: `[${parts.join(',')}]` }
  } catch (error) {
    return failureOf(error as Error)
  }
}
