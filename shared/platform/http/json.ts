import { type Coding, type PackedHead, packHead } from './encoding.ts'

/** Null fields are left out of answers, but a list says outright that it has ended. */
const withoutNulls = (key: string, value: unknown) =>
  value === null && key !== 'nextCursor' ? undefined : value

/** `data` as it stands in an answer: itself always there, below it nulls are left out. */
export function dataJson(data: unknown): string {
  // Without a function to ask about each field it is written in a fraction of the time.
  const json = JSON.stringify(data) ?? 'null'
  return json.includes('null') ? (JSON.stringify(data, withoutNulls) ?? 'null') : json
}

/** What stands before and after the data of a success in the envelope. */
const HEAD = '{"code":0,"message":"ok","data":'
const tailOf = (traceId: string | undefined) => `,"traceId":"${traceId}"}`

/**
 * Data as the JSON text that goes out, for data that goes out more than once: written once, read at
 * most once, and compressed at most once in each way. Only the trace id is different in each answer,
 * and it stands behind the data.
 */
export class Json<T> {
  readonly text: string
  #value: { parsed: T } | undefined
  readonly #heads = new Map<Coding, PackedHead>()

  /** @param text what {@link dataJson} made */
  constructor(text: string) {
    this.text = text
  }

  /** Data as clients see it: without its nulls. */
  static of<T>(data: T): Json<T> {
    return new Json<T>(dataJson(data))
  }

  /** The data itself, as the text has it. Many requests share it, so nobody can change it. */
  get value(): T {
    this.#value ??= { parsed: frozen(JSON.parse(this.text) as T) }
    return this.#value.parsed
  }

  /** The whole answer. */
  envelope(traceId: string | undefined): string {
    return `${HEAD}${this.text}${tailOf(traceId)}`
  }

  /** The whole answer, compressed, in base64: what was compressed before is not compressed again. */
  packed(coding: Coding, traceId: string | undefined): string {
    let head = this.#heads.get(coding)
    if (head === undefined) {
      head = packHead(coding, HEAD + this.text)
      this.#heads.set(coding, head)
    }
    return head.closedWith(tailOf(traceId))
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part)
    Object.freeze(value)
  }
  return value
}
