// POST /api/payments/wechat/notify: WeChat Pay tells that an order was paid.
import { notices } from '../../shared/domain/payments/index.ts'
import type { PaymentNotices } from '../../shared/domain/payments/notices.ts'
import { NoticeAnswer } from '../../shared/domain/payments/schemas.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<PaymentNotices, 'payment'>) =>
  route(
    {
      method: 'POST',
      path: '/api/payments/wechat/notify',
      summary: 'WeChat Pay tells that an order was paid',
      auth: 'public',
      idempotent: { not: 'WeChat Pay repeats notices: counted once by their payment' },
      rawBody: true,
      replies: { 200: NoticeAnswer, 400: NoticeAnswer, 401: NoticeAnswer },
      format: 'raw',
    },
    ({ headers, rawBody }) => service.payment(headers, rawBody),
  )

export const handler = build(notices())
