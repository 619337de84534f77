import { createHash } from 'node:crypto'
import { type Call, createLua, type Reply } from './lua.ts'

type Hash = Map<string, string>
type Entry = { value: string | Hash | Set<string>; kind: string; expiresAt?: number }

const READS = new Set(['GET', 'MGET', 'HGET', 'HMGET', 'HGETALL', 'HVALS', 'HLEN', 'SMEMBERS'])
const lua = createLua()
const hashes = new Map<string, string>()

/**
 * Redis in memory: the commands that the shop uses, and its scripts. A sorted set is kept as a hash of
 * scores. Time is the world's; what is past its time is not there any more.
 */
export class Redis {
  readonly #now: () => number
  #data = new Map<string, Entry>()
  #scripts = new Map<string, string>()
  /** Told of each command that is carried out for a client. */
  told: (command: string[]) => void = () => undefined
  /** Rises with each command that may have changed something. */
  changes = 0

  /** @param now the world's clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Loses everything, the scripts too, as a server does that is started again without its data. */
  flush(): void {
    this.changes++
    this.#data = new Map()
    this.#scripts = new Map()
  }

  keys(): string[] {
    return [...this.#data.keys()].filter((key) => this.#find(key) !== undefined)
  }

  /** Carries out a client's command. @throws as run */
  serve(command: string[]): Reply {
    const reply = this.run(command)
    this.told(command)
    return reply
  }

  /** @throws Error with the server's text where it refuses the command */
  run: Call = (command) => {
    const [name = '', ...args] = command
    const work = this.#commands[name.toUpperCase()]
    if (work === undefined) throw new Error(`ERR unknown command '${name}'`)
    if (!READS.has(name)) this.changes++
    return work(...args)
  }

  #find(key: string): Entry | undefined {
    const entry = this.#data.get(key)
    if (entry?.expiresAt === undefined || entry.expiresAt > this.#now()) return entry
    this.#data.delete(key)
    return undefined
  }

  /** What a key holds; nothing is kept of it where it stays empty. */
  #of<T extends Entry['value']>(key: string, kind: string, empty: () => T): T {
    const entry = this.#find(key)
    if (entry === undefined) {
      const value = empty()
      this.#data.set(key, { value, kind })
      return value
    }
    if (entry.kind !== kind) throw new Error('WRONGTYPE Operation against a key of another kind')
    return entry.value as T
  }

  #hash = (key: string, kind = 'hash') => this.#of<Hash>(key, kind, () => new Map())
  #sorted = (key: string) => this.#hash(key, 'sorted set')
  #set = (key: string) => this.#of<Set<string>>(key, 'set', () => new Set())

  /** Reads or changes a collection; the key goes with its last member. */
  #in<T extends Hash | Set<string>, R>(key: string, value: T, work: (value: T) => R): R {
    const result = work(value)
    if (value.size === 0) this.#data.delete(key)
    return result
  }

  #expire(key: string, millis: number): number {
    const entry = this.#find(key)
    if (entry === undefined) return 0
    entry.expiresAt = this.#now() + millis
    return 1
  }

  #remove(keys: string[]): number {
    return keys.filter((key) => this.#find(key) !== undefined && this.#data.delete(key)).length
  }

  #write(key: string, value: string, ...options: string[]): Reply {
    const { nx, xx, ex, px, keep } = optionsOf(options)
    const before = this.#find(key)
    if ((nx && before !== undefined) || (xx && before === undefined)) return null
    const entry: Entry = { value, kind: 'string' }
    if (keep && before?.expiresAt !== undefined) entry.expiresAt = before.expiresAt
    this.#data.set(key, entry)
    const millis = px ?? (ex === undefined ? undefined : ex * 1000)
    if (millis !== undefined) this.#expire(key, millis)
    return 'OK'
  }

  #read(key: string): string | null {
    const entry = this.#find(key)
    if (entry !== undefined && entry.kind !== 'string') throw new Error('WRONGTYPE not a string')
    return (entry?.value as string | undefined) ?? null
  }

  #add(key: string, by: number): number {
    const sum = Number(this.#read(key) ?? 0) + by
    const entry = this.#find(key)
    if (entry === undefined) this.#data.set(key, { value: String(sum), kind: 'string' })
    else entry.value = String(sum)
    return sum
  }

  /** Members of a sorted set from the lowest score on. */
  #ranked = (key: string) =>
    this.#in(key, this.#sorted(key), (set) =>
      [...set].sort(([a, x], [b, y]) => Number(x) - Number(y) || (a < b ? -1 : 1)),
    )

  #ranged(key: string, from: string, to: string): string[] {
    const [low, high] = [from, to].map((score) =>
      score === '-inf' ? -Infinity : score === '+inf' ? Infinity : Number(score),
    ) as [number, number]
    return this.#ranked(key)
      .filter(([, score]) => Number(score) >= low && Number(score) <= high)
      .map(([member]) => member)
  }

  #eval(source: string, count: string, ...rest: string[]): Reply {
    this.#scripts.set(hashOf(source), source)
    const keys = Number(count)
    return lua.run(source, rest.slice(0, keys), rest.slice(keys), this.run)
  }

  readonly #commands: Record<string, (...args: string[]) => Reply> = {
    PING: () => 'PONG',
    TIME: () => {
      const now = this.#now()
      return [String(Math.floor(now / 1000)), String(Math.floor((now % 1000) * 1000))]
    },
    GET: (key = '') => this.#read(key),
    MGET: (...keys) =>
      keys.map((key) => (this.#find(key)?.kind === 'string' ? this.#read(key) : null)),
    SET: (key = '', value = '', ...options) => this.#write(key, value, ...options),
    INCR: (key = '') => this.#add(key, 1),
    INCRBY: (key = '', by) => this.#add(key, Number(by)),
    DEL: (...keys) => this.#remove(keys),
    UNLINK: (...keys) => this.#remove(keys),
    EXISTS: (...keys) => keys.filter((key) => this.#find(key) !== undefined).length,
    EXPIRE: (key = '', seconds) => this.#expire(key, Number(seconds) * 1000),
    PEXPIRE: (key = '', millis) => this.#expire(key, Number(millis)),
    PTTL: (key = '') => {
      const entry = this.#find(key)
      if (entry === undefined) return -2
      return entry.expiresAt === undefined ? -1 : Math.ceil(entry.expiresAt - this.#now())
    },
    HGET: (key = '', field = '') => this.#in(key, this.#hash(key), (h) => h.get(field) ?? null),
    HMGET: (key = '', ...fields) =>
      this.#in(key, this.#hash(key), (h) => fields.map((field) => h.get(field) ?? null)),
    HSET: (key = '', ...pairs) => {
      const hash = this.#hash(key)
      const before = hash.size
      for (const [field, value] of pairsOf(pairs)) hash.set(field, value)
      return hash.size - before
    },
    HDEL: (key = '', ...fields) =>
      this.#in(key, this.#hash(key), (h) => fields.filter((field) => h.delete(field)).length),
    HEXISTS: (key = '', field = '') => this.#in(key, this.#hash(key), (h) => Number(h.has(field))),
    HLEN: (key = '') => this.#in(key, this.#hash(key), (h) => h.size),
    HKEYS: (key = '') => this.#in(key, this.#hash(key), (h) => [...h.keys()]),
    HVALS: (key = '') => this.#in(key, this.#hash(key), (h) => [...h.values()]),
    HGETALL: (key = '') => this.#in(key, this.#hash(key), (h) => [...h].flat()),
    HSCAN: (key = '') => ['0', this.#in(key, this.#hash(key), (h) => [...h].flat())],
    HINCRBY: (key = '', field = '', by) => {
      const hash = this.#hash(key)
      const sum = Number(hash.get(field) ?? 0) + Number(by)
      hash.set(field, String(sum))
      return sum
    },
    SADD: (key = '', ...members) => {
      const set = this.#set(key)
      const before = set.size
      for (const member of members) set.add(member)
      return set.size - before
    },
    SREM: (key = '', ...members) =>
      this.#in(key, this.#set(key), (s) => members.filter((member) => s.delete(member)).length),
    SMEMBERS: (key = '') => this.#in(key, this.#set(key), (s) => [...s]),
    ZADD: (key = '', ...pairs) => {
      const set = this.#sorted(key)
      const before = set.size
      for (const [score, member] of pairsOf(pairs)) set.set(member, score)
      return set.size - before
    },
    ZREM: (key = '', ...members) =>
      this.#in(key, this.#sorted(key), (s) => members.filter((member) => s.delete(member)).length),
    ZCARD: (key = '') => this.#ranked(key).length,
    ZSCORE: (key = '', member = '') =>
      this.#in(key, this.#sorted(key), (s) => s.get(member) ?? null),
    ZRANGE: (key = '', from, to) => {
      const end = Number(to)
      return this.#ranged(key, '-inf', '+inf').slice(Number(from), end < 0 ? undefined : end + 1)
    },
    ZRANGEBYSCORE: (key = '', from = '', to = '', limit, skip, count) => {
      const found = this.#ranged(key, from, to)
      if (limit === undefined) return found
      return found.slice(Number(skip), Number(count) < 0 ? undefined : Number(skip) + Number(count))
    },
    EVAL: (source = '', count = '0', ...rest) => this.#eval(source, count, ...rest),
    EVALSHA: (sha = '', count = '0', ...rest) => {
      const source = this.#scripts.get(sha)
      if (source === undefined) throw new Error('NOSCRIPT No matching script')
      return this.#eval(source, count, ...rest)
    },
  }
}

function hashOf(source: string): string {
  const known = hashes.get(source) ?? createHash('sha1').update(source).digest('hex')
  hashes.set(source, known)
  return known
}

function optionsOf(options: string[]) {
  const names = options.map((option) => option.toUpperCase())
  const after = (name: string) =>
    names.includes(name) ? Number(options[names.indexOf(name) + 1]) : undefined
  const [nx, xx, keep] = ['NX', 'XX', 'KEEPTTL'].map((name) => names.includes(name))
  return { nx, xx, keep, ex: after('EX'), px: after('PX') }
}

function* pairsOf(flat: string[]): Generator<[string, string]> {
  for (let at = 0; at < flat.length; at += 2) yield [flat[at] ?? '', flat[at + 1] ?? '']
}
