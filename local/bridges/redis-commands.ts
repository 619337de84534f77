/** A command's name in capitals, and its arguments as Redis gets them. */
export type Command = [name: string, ...args: (string | Buffer)[]]
/** As ioredis hands them out here: bulk strings as buffers, integers as strings of digits. */
export type Reply = Buffer | string | null | Reply[]

/** They would block everybody who shares the connection, or leave it in a state of their own. */
const REFUSED = new Set(
  `BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF
   SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR
   MULTI EXEC DISCARD WATCH UNWATCH AUTH HELLO SELECT CLIENT RESET QUIT
   SYNC PSYNC REPLICAOF SLAVEOF FAILOVER SHUTDOWN DEBUG`.split(/\s+/),
)

/** A command that is not sent to Redis; the message has the form of Redis's own. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused'
}

/**
 * Reads a command from a request's JSON.
 * @throws CommandRefused where it is none, or one that cannot be had without a connection of one's own
 */
export function commandOf(value: unknown): Command {
  const parts = Array.isArray(value) ? value : []
  if (parts.length === 0 || !parts.every(isScalar)) {
    throw new CommandRefused('ERR a command is an array of strings, numbers and booleans')
  }
  const [name, ...args] = parts.map(String)
  return checked([String(name), ...args])
}

const isScalar = (part: unknown) => ['string', 'number', 'boolean'].includes(typeof part)

/**
 * Reads a command from a path: `/set/foo/bar?EX=100` or, with the value as the body, byte by byte,
 * `POST /set/foo?EX=100`.
 * @throws CommandRefused as `commandOf` does
 */
export function commandOfPath({ pathname, searchParams }: URL, body: Buffer): Command {
  let parts: string[]
  try {
    parts = pathname.slice(1).split('/').map(decodeURIComponent)
  } catch {
    throw new CommandRefused('ERR the path is not encoded as a URL')
  }
  const [name = '', ...args] = parts
  const options = [...searchParams].flat().filter((part) => part !== '')
  return checked([name, ...args, ...(body.length > 0 ? [body] : []), ...options])
}

/** In capitals, since ioredis would reshape the replies of names that it knows, which are small. */
function checked([given, ...args]: Command): Command {
  const name = given.toUpperCase()
  const blocks = /^XREAD(GROUP)?$/.test(name) && args.some((arg) => /^BLOCK$/i.test(String(arg)))
  if (blocks || REFUSED.has(name)) {
    throw new CommandRefused(`ERR ${name} needs a connection of its own, which REST does not have`)
  }
  return [name, ...args]
}

/** A reply as JSON. Integers keep Redis's digits, which may exceed what a JavaScript number holds. */
export function toJson(reply: Reply, base64: boolean): string {
  if (reply === null) return 'null'
  if (typeof reply === 'string') return reply
  if (Array.isArray(reply)) return `[${reply.map((part) => toJson(part, base64)).join(',')}]`
  return JSON.stringify(reply.toString(base64 ? 'base64' : 'utf8'))
}
