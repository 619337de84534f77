// Every 5 minutes: goes through the erasure of closed accounts again, and forgets expired idempotency keys.
import type { Accounts } from '../../shared/domain/accounts/accounts.ts'
import { accounts } from '../../shared/domain/accounts/index.ts'
import { keys } from '../../shared/platform/idempotency/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Accounts, 'sweep'>, known: { sweep(): Promise<number> }) =>
  schedule('account-sweep', async () => {
    const accounts = await service.sweep()
    return { accounts, keys: await known.sweep() }
  })

export const handler = build(accounts(), keys())
