import type { Cache } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import { SessionEnded } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { savePhone } from './repository.ts'
import type { PhoneView, UserView } from './schemas.ts'

export type PhoneDeps = {
  database: Database
  cache: Pick<Cache<UserView>, 'invalidate'>
  phoneOfCode(code: string): Promise<string>
}

/** Phone numbers come from WeChat, which has verified them; users can't type their own. */
export function createPhones({ database, cache, phoneOfCode }: PhoneDeps) {
  return {
    /**
     * Takes over the number that WeChat knows.
     * @param code from `getPhoneNumber`; WeChat takes each once
     * @throws WeChatRefusedCode, Unavailable; SessionEnded where the account is gone
     */
    async take(userId: string, code: string): Promise<PhoneView> {
      const phone = await effect(
        database,
        async (db, phone) => {
          if (!(await savePhone(db, userId, phone))) throw new SessionEnded()
          return phone
        },
        { prepare: () => phoneOfCode(code), single: true },
      )
      await cache.invalidate([userId])
      return { phone }
    },
  }
}

export type Phones = ReturnType<typeof createPhones>
