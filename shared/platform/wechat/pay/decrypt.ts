import { createDecipheriv } from 'node:crypto'
import * as z from 'zod/mini'

const TAG_BYTES = 16

/** How WeChat Pay wraps what it encrypts: the resource of a notice, or a certificate. */
export const Encrypted = z.object({
  algorithm: z.literal('AEAD_AES_256_GCM'),
  ciphertext: z.string(),
  nonce: z.string().check(z.length(12)),
  associated_data: z.optional(z.nullable(z.string())),
})
export type Encrypted = z.output<typeof Encrypted>

/**
 * Opens an AEAD_AES_256_GCM box; the tag is the end of the ciphertext.
 * @param key the API v3 key, 32 bytes
 * @throws where key, nonce, associated data or ciphertext are not those that it was sealed with
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export function decrypt(key: string, { ciphertext, nonce, associated_data }: Encrypted): Buffer {
  const bytes = Buffer.from(ciphertext, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  decipher.setAAD(Buffer.from(associated_data ?? ''))
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()])
}
