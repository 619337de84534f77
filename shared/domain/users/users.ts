import type { Role } from '../../platform/auth/identity.ts'
import type { Cache } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import { SessionEnded } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { type Outbox, toSend } from '../../platform/outbox/outbox.ts'
import { TextCheck } from '../moderation/messages.ts'
import type { Language } from './language.ts'
import { changeUser, readOpenid, setRole, signInUser } from './repository.ts'
import type { UserChange, UserView } from './schemas.ts'

export type UserDeps = {
  database: Database
  cache: Cache<UserView>
  adminOpenids: readonly string[]
  outbox: Pick<Outbox, 'add' | 'deliver'>
}

/** The people who sign in. */
export function createUsers({ database, cache, adminOpenids, outbox }: UserDeps) {
  const roleOf = (openid: string): Role => (adminOpenids.includes(openid) ? 'admin' : 'user')

  return {
    /** @throws SessionEnded where the account is gone: its tokens are worth nothing any more */
    async get(id: string): Promise<UserView> {
      const user = await cache.get(id)
      if (user === undefined) throw new SessionEnded()
      return user
    },

    /** Changes what the user may change. WeChat looks at a nickname afterwards: {@link TextCheck}. */
    async change(id: string, change: UserChange): Promise<UserView> {
      const checks =
        change.nickname === undefined
          ? []
          : [toSend('notify', TextCheck.of({ kind: 'nickname', userId: id }))]
      await effect(database, async (tx) => {
        await changeUser(tx, id, change)
        await outbox.add(tx, checks)
      })
      await cache.invalidate([id])
      // Before the check can take the nickname away again: the answer is what was asked for.
      const user = await this.get(id)
      await outbox.deliver(checks)
      return user
    },

    /**
     * Finds or makes the user of an openid, and brings the role up to the settings.
     * @param language of the device that signs in, where it says so
     */
    async signIn(openid: string, language?: Language): Promise<UserView> {
      const user = await signInUser(database, openid, roleOf(openid), language)
      await cache.invalidate([user.id])
      return user
    },

    /**
     * Like {@link signIn} for who is signed in already, so that whoever the settings no longer name
     * as an admin is none from the next refresh on. Makes no user: an account may have been closed.
     * @throws SessionEnded where the account is gone
     */
    async resume(id: string): Promise<UserView> {
      const openid = await readOpenid(database, id)
      if (openid === undefined) throw new SessionEnded()
      const user = await setRole(database, id, roleOf(openid))
      if (user === undefined) throw new SessionEnded()
      await cache.invalidate([id])
      return user
    },

    /** Takes a user whose account is gone out of the cache. */
    async forget(id: string): Promise<void> {
      await cache.invalidate([id])
    },
  }
}

export type Users = ReturnType<typeof createUsers>
