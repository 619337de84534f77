import { brotliDecompressSync } from 'node:zlib'

/**
 * Unpacks what `npm run docs` has packed: in a bundle the contract as it stands would weigh more than
 * all the code with it.
 * @param packed JSON, brotli, base64
 */
export const unpacked = (packed: string): unknown =>
  JSON.parse(brotliDecompressSync(Buffer.from(packed, 'base64')).toString())
