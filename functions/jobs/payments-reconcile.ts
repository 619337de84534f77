// Every day at 10:30 in China: compares WeChat's bill of the day before with the books.
import { reconcile } from '../../shared/domain/payments/index.ts'
import { type Reconcile, yesterdayInChina } from '../../shared/domain/payments/reconcile.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Reconcile, 'day'>) =>
  schedule('payments-reconcile', () => service.day(yesterdayInChina(new Date())))

export const handler = build(reconcile())
