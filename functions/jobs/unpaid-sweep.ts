// Every minute: closes unpaid orders whose timer was lost.
import type { Expiry } from '../../shared/domain/orders/expiry.ts'
import { expiry } from '../../shared/domain/payments/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Expiry, 'sweep'>) =>
  schedule('unpaid-sweep', () => service.sweep())

export const handler = build(expiry())
