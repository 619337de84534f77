import { Reply } from '../../platform/http/definition.ts'
import { log } from '../../platform/telemetry/log.ts'
import { NoticeRefused, type WechatPay } from '../../platform/wechat/pay/index.ts'
import { PaymentMismatch } from './errors.ts'
import type { Payback } from './payback.ts'
import type { NoticeAnswer } from './schemas.ts'
import type { Settle } from './settle.ts'

type Headers = Readonly<Record<string, string | undefined>>
export type NoticeDeps = {
  wechat: Pick<WechatPay, 'readPaymentNotice' | 'readRefundNotice'>
  settle: Settle
  apply: Payback['apply']
}

/**
 * What WeChat Pay tells by itself. Each notice is applied before it is answered, in one short
 * transaction: an answer means that the money is counted, anything else that WeChat tells it again.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791861
 */
export function createNotices({ wechat, settle, apply }: NoticeDeps) {
  return {
    /** An order was paid. @throws where it could not be counted now: WeChat repeats the notice */
    payment: (headers: Headers, body: Uint8Array) =>
      acknowledged(async () => {
        const { transaction } = await wechat.readPaymentNotice(headers, body)
        if (transaction.state === 'SUCCESS') await settle(transaction)
      }),

    /** A refund has come to its end. @throws where it could not be noted now: WeChat repeats the notice */
    refund: (headers: Headers, body: Uint8Array) =>
      acknowledged(async () => {
        const { refund } = await wechat.readRefundNotice(headers, body)
        await apply(refund)
      }),
  }
}

export type PaymentNotices = ReturnType<typeof createNotices>

async function acknowledged(work: () => Promise<void>): Promise<Reply<NoticeAnswer>> {
  try {
    await work()
    return new Reply(200, { code: 'SUCCESS', message: 'ok' })
  } catch (error) {
    if (error instanceof NoticeRefused) {
      log.warn('notice refused', { reason: error.message })
      return new Reply(error.status, { code: 'FAIL', message: error.message })
    }
    // A person has been told. WeChat repeats it, which gives the person time.
    if (error instanceof PaymentMismatch) {
      return new Reply(400, { code: 'FAIL', message: 'does not fit any order' })
    }
    throw error
  }
}
