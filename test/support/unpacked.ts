import { brotliDecompressSync, gunzipSync } from 'node:zlib'

/** A body as text, whatever Content-Encoding it came with. */
export function unpacked(coding: string | null | undefined, body: Buffer): string {
  const plain =
    coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body
  return plain.toString('utf8')
}
