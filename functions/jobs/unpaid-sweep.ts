// Every minute: closes unpaid orders whose timer was lost.
import { upkeep } from '../../shared/domain/orders/index.ts'
import type { Upkeep } from '../../shared/domain/orders/upkeep.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Upkeep, 'sweep'>) =>
  schedule('unpaid-sweep', async () => ({ closed: await service.sweep() }))

export const handler = build(upkeep())
