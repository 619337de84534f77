// Every 5 minutes: goes through the erasure of closed accounts again.
import type { Accounts } from '../../shared/domain/accounts/accounts.ts'
import { accounts } from '../../shared/domain/accounts/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'

export const build = (service: Pick<Accounts, 'sweep'>) =>
  schedule('account-sweep', async () => ({ accounts: await service.sweep() }))

export const handler = build(accounts())
