import { Redis } from 'ioredis'
import {
  type Command,
  CommandRefused,
  commandOf,
  commandOfPath,
  type Reply,
  toJson,
} from './redis-commands.ts'
import { type Answer, type Bridge, type Call, serveBridge } from './server.ts'

/** A connection serves any number of calls at once; a few spread the parsing of large replies. */
const CONNECTIONS = 4

/**
 * Upstash's REST protocol over a Redis server: single commands, as JSON or in the path, `/pipeline`
 * and `/multi-exec`, plain or with `Upstash-Encoding: base64`. While Redis is away, calls fail at
 * once with 503; nothing is kept for later or sent twice.
 * @param token what clients must send as their bearer token
 * @throws where Redis does not answer
 * @see https://upstash.com/docs/redis/features/restapi
 */
export async function startUpstashBridge(options: {
  redisUrl: string
  token: string
  port?: number
}): Promise<Bridge> {
  const clients = await connect(options.redisUrl)
  const disconnect = () => {
    for (const client of clients) client.disconnect()
  }
  let turn = 0
  const next = () => clients[turn++ % CONNECTIONS] as Redis

  try {
    const server = await serveBridge({
      port: options.port,
      authorization: `Bearer ${options.token}`,
      failure,
      answer: (call) => answer(next(), call),
    })
    const stop = async () => {
      await server.stop()
      disconnect()
    }
    return { url: server.url, faults: server.faults, calls: server.calls, stop }
  } catch (error) {
    disconnect()
    throw error
  }
}

async function connect(redisUrl: string): Promise<Redis[]> {
  const clients = Array.from({ length: CONNECTIONS }, () => {
    const client = new Redis(redisUrl, {
      // REST has the reply types of RESP2, where only integers come as strings of digits.
      protocol: 2,
      stringNumbers: true,
      lazyConnect: true,
      enableOfflineQueue: false,
      // What was sent and not answered is given up with the connection, never sent again.
      maxRetriesPerRequest: 0,
      retryStrategy: () => 100,
      connectTimeout: 2_000,
      socketTimeout: 5_000,
    })
    // Each call that meets the outage reports it.
    client.on('error', () => undefined)
    return client
  })
  try {
    await Promise.all(clients.map((client) => client.connect()))
  } catch (cause) {
    for (const client of clients) client.disconnect()
    throw new Error(`no Redis answers at ${new URL(redisUrl).host}`, { cause })
  }
  return clients
}

async function answer(client: Redis, { request, url, body }: Call): Promise<Answer> {
  const base64 = request.headers['upstash-encoding'] === 'base64'
  try {
    if (url.pathname === '/') return await single(client, commandOf(parsed(body)), base64)
    if (url.pathname === '/pipeline' || url.pathname === '/multi-exec') {
      const commands = commandsOf(parsed(body))
      return await many(client, commands, url.pathname === '/multi-exec', base64)
    }
    return await single(client, commandOfPath(url, body), base64)
  } catch (error) {
    return failureOf(error as Error)
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new CommandRefused('ERR the body is not JSON')
  }
}

function commandsOf(value: unknown): Command[] {
  if (!Array.isArray(value)) throw new CommandRefused('ERR send an array of commands')
  return value.map(commandOf)
}

async function single(client: Redis, command: Command, base64: boolean): Promise<Answer> {
  const reply = (await client.callBuffer(...command)) as Reply
  return { status: 200, json: resultJson(reply, base64), committed: true }
}

/** ioredis writes a pipeline in one piece, so nobody else's commands come between MULTI and EXEC. */
async function many(
  client: Redis,
  commands: Command[],
  atomic: boolean,
  base64: boolean,
): Promise<Answer> {
  const pipeline = atomic ? client.multi() : client.pipeline()
  for (const command of commands) pipeline.callBuffer(...command)
  const replies = (await pipeline.exec()) ?? []
  const parts = replies.map(([error, reply]) => {
    if (error !== null && !isOfRedis(error)) throw error
    return error === null ? resultJson(reply as Reply, base64) : errorJson(error.message)
  })
  return { status: 200, json: `[${parts.join(',')}]`, committed: true }
}

const resultJson = (reply: Reply, base64: boolean) => `{"result":${toJson(reply, base64)}}`
const errorJson = (error: string) => JSON.stringify({ error })
const failure = (status: number, message: string): Answer => ({ status, json: errorJson(message) })
const isOfRedis = (error: Error) => error.name === 'ReplyError' || error instanceof CommandRefused

/** What Redis refuses is the client's to mend (400); anything else means that Redis is away (503). */
function failureOf(error: Error): Answer {
  return isOfRedis(error) ? failure(400, error.message) : failure(503, 'redis is not reachable')
}
