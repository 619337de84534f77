import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { Client } from '@planetscale/database'
import { encodeTime } from 'ulid'
import { createExports, keyOf } from '../../../shared/domain/exports/exports.ts'
import { createExportJob } from '../../../shared/domain/exports/job.ts'
import { readExport } from '../../../shared/domain/exports/repository.ts'
import type { ExportFormat } from '../../../shared/domain/exports/schemas.ts'
import { settings } from '../../../shared/platform/config/index.ts'
import { database, replica } from '../../../shared/platform/database/database.ts'
import { MIN_PART_BYTES, openBucket, type Part } from '../../../shared/platform/files/bucket.ts'

/** From when to when, and the side's name. */
export type Task = { from: number; to: number }
/** What a side has written: its file is checked by whoever asked for it. */
export type Written = { url: string }

const PAGE = 500
const GZIP_LEVEL = 3
const TIME_LENGTH = 10
const LINK_SECONDS = 3600
const HEADERS = {
  contentType: 'application/x-ndjson',
  contentEncoding: 'gzip',
  contentDisposition: 'attachment',
}
const bucket = () => openBucket(settings().EXPORT_BUCKET)

/** The export job itself, from its message to the file. */
export const job =
  (format: ExportFormat) =>
  async ({ from, to }: Task): Promise<Written> => {
    // Nobody listens to the queues here.
    const outbox = { add: async () => {}, deliver: async () => 0 }
    const deps = { database: database(), outbox, bucket: bucket() }
    const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()]
    const request = { kind: 'orders', from: first, to: last, format } as const
    const { id } = await createExports({ ...deps, urlMinutes: 60 }).create(request, '1')
    await createExportJob({ ...deps, replica: replica() }).run({ exportId: id, run: 1 })
    const done = await readExport(database(), id)
    if (done?.state !== 'done') throw new Error(`the export is ${done?.state}`)
    return { url: await bucket().link(keyOf(id), LINK_SECONDS) }
  }

type Row = Record<string, unknown>

/** The same statements as the job's, with nothing but the driver. */
async function* pages({ from, to }: Task): AsyncGenerator<{ orders: Row[]; items: Row[] }> {
  const { DATABASE_REPLICA_URL: url = '' } = settings()
  const client = new Client({ url })
  const end = encodeTime(to, TIME_LENGTH)
  for (let after = encodeTime(from, TIME_LENGTH); ; ) {
    const { rows: orders } = await client.execute<Row>(
      `SELECT id, state, items_fen, discount_fen, total_fen, address, remark, created_at, paid_at,
         carrier, tracking_no, shipped_at FROM orders WHERE id > ? AND id < ? ORDER BY id LIMIT ?`,
      [after, end, PAGE],
    )
    const [first, last] = [orders[0]?.id, orders.at(-1)?.id]
    if (first === undefined) return
    const { rows: items } = await client.execute<Row>(
      `SELECT order_id, sku_id, product_id, title, sku_title, price_fen, quantity FROM order_items
       WHERE order_id >= ? AND order_id <= ? ORDER BY order_id, sku_id`,
      [first, last],
    )
    yield { orders, items }
    after = String(last)
  }
}

/** Rows as the driver gives them, as JSON, through a gzip stream into parts: no less can be done. */
export async function bare(task: Task): Promise<Written> {
  const key = `exports/bare-${crypto.randomUUID()}`
  const uploadId = await bucket().begin(key, HEADERS)
  const parts: Part[] = []
  let chunks: Buffer[] = []
  let size = 0
  const put = async () => {
    parts.push(await bucket().put(key, uploadId, parts.length + 1, Buffer.concat(chunks)))
    chunks = []
    size = 0
  }
  async function* lines() {
    for await (const { orders, items } of pages(task)) {
      yield `${[...orders, ...items].map((row) => JSON.stringify(row)).join('\n')}\n`
    }
  }
  const upload = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk)
      size += chunk.length
      if (size < MIN_PART_BYTES) done()
      else put().then(() => done(), done)
    },
    final: (done) => void put().then(() => done(), done),
  })
  await pipeline(Readable.from(lines()), createGzip({ level: GZIP_LEVEL }), upload)
  await bucket().complete(key, uploadId, parts)
  return { url: await bucket().link(key, LINK_SECONDS) }
}

/** Everything into an array, then into one text, then into one compressed buffer. */
export async function collect(task: Task): Promise<Written> {
  const all: { orders: Row[]; items: Row[] } = { orders: [], items: [] }
  for await (const { orders, items } of pages(task)) {
    for (const order of orders) all.orders.push(order)
    for (const item of items) all.items.push(item)
  }
  const file = gzipSync(JSON.stringify(all), { level: GZIP_LEVEL })
  const key = `exports/collect-${crypto.randomUUID()}`
  const uploadId = await bucket().begin(key, HEADERS)
  const parts: Part[] = []
  for (let start = 0; start < file.length; start += MIN_PART_BYTES) {
    const body = Buffer.from(file.subarray(start, start + MIN_PART_BYTES))
    parts.push(await bucket().put(key, uploadId, parts.length + 1, body))
  }
  await bucket().complete(key, uploadId, parts)
  return { url: await bucket().link(key, LINK_SECONDS) }
}
