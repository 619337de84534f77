import * as z from 'zod/mini'
import type { WechatPayConfig } from './config.ts'
import { decrypt, Encrypted } from './decrypt.ts'
import { NoticeRefused } from './errors.ts'
import {
  isCny,
  type Refund,
  refundOf,
  type Transaction,
  transactionOf,
  WireRefundNotice,
  WireTransaction,
} from './schemas.ts'
import { type KeyOf, type SignatureHeaders, SignatureRefused, verifySignature } from './verify.ts'

const Notice = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(64)),
  event_type: z.string(),
  resource_type: z.literal('encrypt-resource'),
  resource: z.extend(Encrypted, { original_type: z.string() }),
})

export type Notices = {
  /**
   * Reads a notice that an order was paid. The same notice may come again and again, and late;
   * whether amount and state are what the order asks for is the domain's to check.
   * @param headers names in lower case
   * @param body the bytes as received
   * @returns the notice's id, the same each time it is repeated, and the payment
   * @throws NoticeRefused for everything that is not right: nothing may be done then.
   *   Unavailable where the certificates can't be fetched: answer 5xx, and WeChat Pay repeats it
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791902
   */
  readPaymentNotice(
    headers: SignatureHeaders,
    body: Uint8Array,
  ): Promise<{ id: string; transaction: Transaction }>
  /**
   * Reads a notice that a refund has come to its end (SUCCESS, CLOSED or ABNORMAL).
   * @throws as readPaymentNotice
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791906
   */
  readRefundNotice(
    headers: SignatureHeaders,
    body: Uint8Array,
  ): Promise<{ id: string; refund: Refund }>
}

export function createNotices(
  { appId, mchId, apiV3Key }: Pick<WechatPayConfig, 'appId' | 'mchId' | 'apiV3Key'>,
  keyOf: KeyOf,
  now: () => number = Date.now,
): Notices {
  /** Verifies, opens and parses; whose notice it is remains to be checked. */
  async function open<T extends z.ZodMiniType>(
    headers: SignatureHeaders,
    body: Uint8Array,
    kind: string,
    schema: T,
  ): Promise<{ id: string; event: string; resource: z.output<T> }> {
    await verifySignature(headers, body, keyOf, now()).catch((error: unknown) => {
      throw error instanceof SignatureRefused ? new NoticeRefused(401, error.message) : error
    })
    const notice = z.safeParse(Notice, jsonOf(body))
    if (!notice.success) throw new NoticeRefused(400, 'not a notice')
    const { id, event_type: event, resource: sealed } = notice.data
    if (sealed.original_type !== kind) throw new NoticeRefused(400, `not a notice of a ${kind}`)
    let opened: Buffer
    try {
      opened = decrypt(apiV3Key, sealed)
    } catch {
      throw new NoticeRefused(400, 'resource does not open')
    }
    const resource = z.safeParse(schema, jsonOf(opened))
    if (!resource.success) throw new NoticeRefused(400, `resource is not a ${kind}`)
    return { id, event, resource: resource.data }
  }

  return {
    async readPaymentNotice(headers, body) {
      const { id, event, resource } = await open(headers, body, 'transaction', WireTransaction)
      if (event !== 'TRANSACTION.SUCCESS') throw new NoticeRefused(400, 'event is not known')
      const ours = resource.appid === appId && resource.mchid === mchId
      if (!ours) throw new NoticeRefused(400, 'payment is for somebody else')
      if (!isCny(resource.amount)) throw new NoticeRefused(400, 'currency is not CNY')
      return { id, transaction: transactionOf(resource) }
    },
    async readRefundNotice(headers, body) {
      const { id, event, resource } = await open(headers, body, 'refund', WireRefundNotice)
      const { mchid, refund_status: status, amount } = resource
      if (event !== `REFUND.${status}`) throw new NoticeRefused(400, 'event is not known')
      if (mchid !== mchId) throw new NoticeRefused(400, 'refund is for somebody else')
      if (!isCny(amount)) throw new NoticeRefused(400, 'currency is not CNY')
      return { id, refund: refundOf({ ...resource, status }) }
    },
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}
