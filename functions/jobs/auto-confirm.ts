// Every hour: completes orders that have been on their way for long enough.
import type { Fulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { fulfilment } from '../../shared/domain/orders/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Fulfilment, 'confirmOverdue'>) =>
  schedule('auto-confirm', () => service.confirmOverdue())

export const handler = build(fulfilment())
