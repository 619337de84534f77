// Every minute: asks WeChat about payments and refunds of which no notice has come.
import { watch } from '../../shared/domain/payments/index.ts'
import type { Watch } from '../../shared/domain/payments/watch.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Watch, 'run'>) =>
  schedule('payments-watch', () => service.run())

export const handler = build(watch())
