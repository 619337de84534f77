import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/** Seeded orders begin with their time, and end with a number. */
const ORDER_ID = /"?\b(?:id|orderId)"?:"(\w{26})"|^(\w{26}),/g

/** Reads a side's file as it comes, unpacked by fetch. `bytes` are those of its text. */
export async function readFile(url: string) {
  const { body } = await fetch(url)
  if (body === null) throw new Error('there is no file')
  let [lines, orders, bytes, last, ascending] = [0, 0, 0, '', true]
  const text = Readable.fromWeb(body as ReadableStream)
  text.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    lines++
    for (const [, json, csv] of line.matchAll(ORDER_ID)) {
      const id = json ?? csv ?? ''
      ascending &&= id > last
      last = id
      orders++
    }
  }
  return { lines, orders, bytes, ascending }
}

const BEGINNING_BYTES = 8_000_000

/** @returns the first megabytes of a side's text */
export async function beginningOf(url: string): Promise<Buffer> {
  const { body } = await fetch(url)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= BEGINNING_BYTES) break
  }
  return Buffer.concat(chunks)
}
