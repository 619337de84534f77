import { randomUUID } from 'node:crypto'
import { ulid } from 'ulid'
import type { Database } from '../../shared/platform/database/database.ts'
import { rowsOf, sql } from '../../shared/platform/database/sql.ts'
import { type Bucket, S3Refused } from '../../shared/platform/files/bucket.ts'

/** S3 in memory, as far as an export sees it; parts may have any size. */
export function memoryBucket() {
  const uploads = new Map<string, Map<number, { etag: string; body: Buffer }>>()
  const files = new Map<string, Buffer>()
  const upload = (id: string) => {
    const found = uploads.get(id)
    if (found === undefined) throw new S3Refused('x', 404, 'NoSuchUpload')
    return found
  }
  const bucket: Bucket = {
    async begin() {
      const id = randomUUID()
      uploads.set(id, new Map())
      return id
    },
    async put(_, id, number, body) {
      const etag = randomUUID()
      // As the network does: the buffer is used again.
      upload(id).set(number, { etag, body: Buffer.from(body) })
      return { number, etag }
    },
    async complete(key, id, parts) {
      const bodies = parts.map(({ number, etag }, index) => {
        const found = upload(id).get(number)
        const ascending = index === 0 || (parts[index - 1]?.number ?? 0) < number
        if (found?.etag !== etag || !ascending) throw new S3Refused('x', 400, 'InvalidPart')
        return found.body
      })
      files.set(key, Buffer.concat(bodies))
      uploads.delete(id)
    },
    async abort(_, id) {
      uploads.delete(id)
    },
    has: async (key) => files.has(key),
    link: (key) => `memory:${key}`,
  }
  return { bucket, files, uploads }
}

/**
 * Orders of two items each, one a second from a time on, of text that hardly compresses.
 * @returns their ids, ascending
 */
export async function insertOrders(db: Database, count: number, from: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => ulid(from + index * 1000)).sort()
  const noise = (length: number) => {
    let text = ''
    while (text.length < length) text += randomUUID()
    return text.slice(0, length)
  }
  for (let start = 0; start < count; start += 1000) {
    const some = ids.slice(start, start + 1000)
    const now = new Date(from + start * 1000)
    await db.write(
      sql`INSERT INTO orders (id, user_id, state, items_fen, total_fen, remark, created_at, expires_at,
            updated_at)
          VALUES ${rowsOf(some.map((id) => [id, 0, 'paid', 300, 300, noise(200), now, now, now]))}`,
    )
    const items = some.flatMap((id) =>
      [1, 2].map((sku) => [id, sku, 1, noise(128), noise(128), 100 * sku, 1]),
    )
    await db.write(
      sql`INSERT INTO order_items (order_id, sku_id, product_id, title, sku_title, price_fen, quantity)
          VALUES ${rowsOf(items)}`,
    )
  }
  return ids
}
