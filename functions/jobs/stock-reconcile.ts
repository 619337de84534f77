// Every ten minutes: compares the counters of stock with rows and holds, and puts them right.
import { stockReconcile } from '../../shared/domain/orders/index.ts'
import type { StockReconcile } from '../../shared/domain/orders/reconcile.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<StockReconcile, 'run'>) =>
  schedule('stock-reconcile', () => service.run())

export const handler = build(stockReconcile())
