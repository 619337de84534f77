// POST /api/payments/wechat/refund-notify: WeChat Pay tells that a refund has come to its end.
import { notices } from '../../shared/domain/payments/index.ts'
import type { PaymentNotices } from '../../shared/domain/payments/notices.ts'
import { NoticeAnswer } from '../../shared/domain/payments/schemas.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<PaymentNotices, 'refund'>) =>
  route(
    {
      method: 'POST',
      path: '/api/payments/wechat/refund-notify',
      summary: 'WeChat Pay tells that a refund has come to its end',
      auth: 'public',
      idempotent: { not: 'WeChat Pay repeats notices: counted once by their refund' },
      rawBody: true,
      replies: { 200: NoticeAnswer, 400: NoticeAnswer, 401: NoticeAnswer },
      format: 'raw',
    },
    ({ headers, rawBody }) => service.refund(headers, rawBody),
  )

export const handler = build(notices())
