import type { Role } from '../../platform/auth/identity.ts'
import type { Cache } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import { SessionEnded } from '../../platform/errors/standard.ts'
import { changeUser, readOpenid, signInUser } from './repository.ts'
import type { UserChange, UserView } from './schemas.ts'

export type UserDeps = {
  database: Database
  cache: Cache<UserView>
  adminOpenids: readonly string[]
}

/** The people who sign in. */
export function createUsers({ database, cache, adminOpenids }: UserDeps) {
  return {
    /** @throws SessionEnded where the account is gone: its tokens are worth nothing any more */
    async get(id: string): Promise<UserView> {
      const user = await cache.get(id)
      if (user === undefined) throw new SessionEnded()
      return user
    },

    /** Changes what the user may change. */
    async change(id: string, change: UserChange): Promise<UserView> {
      await changeUser(database, id, change)
      await cache.invalidate([id])
      return this.get(id)
    },

    /** Finds or makes the user of an openid, and brings the role up to the settings. */
    async signIn(openid: string): Promise<UserView> {
      const role: Role = adminOpenids.includes(openid) ? 'admin' : 'user'
      const user = await signInUser(database, openid, role)
      await cache.invalidate([user.id])
      return user
    },

    /**
     * Like {@link signIn} for who is signed in already, so that whoever the settings no longer name
     * as an admin is none from the next refresh on.
     * @throws SessionEnded where the account is gone
     */
    async resume(id: string): Promise<UserView> {
      const openid = await readOpenid(database, id)
      if (openid === undefined) throw new SessionEnded()
      return this.signIn(openid)
    },
  }
}

export type Users = ReturnType<typeof createUsers>
