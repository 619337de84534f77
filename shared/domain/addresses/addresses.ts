import type { Database, Queryable } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import type { Intake } from '../intake/intake.ts'
import type { AddressBook } from './book.ts'
import { TooManyAddresses } from './errors.ts'
import {
  clearDefault,
  deleteAddress,
  deleteAddresses,
  insertAddress,
  lockAddresses,
  markDefault,
  readAddress,
  readAddresses,
  updateAddress,
} from './repository.ts'
import type { AddressInput, AddressView } from './schemas.ts'

const MAX_ADDRESSES = 50

export type AddressDeps = {
  database: Database
  reads: Reads
  book: Pick<AddressBook, 'change'>
  intake: Pick<Intake, 'unreachable' | 'holdDatabaseWay'>
}

/** Where users have things delivered. A user with addresses always has exactly one default. */
export function createAddresses({ database, reads, book, intake }: AddressDeps) {
  /**
   * A change of which Redis can't be told: where orders are written directly, they read the database, and
   * what Redis keeps counts for nothing when they come back. Else it would outlive the change.
   */
  const untold =
    <T>(work: (tx: Queryable) => Promise<T>) =>
    async (error: unknown): Promise<T> => {
      if (!isOutage(error)) throw error
      await intake.unreachable()
      return effect(database, async (tx) => {
        if (!(await intake.holdDatabaseWay(tx))) throw error
        return work(tx)
      })
    }

  /** Changes of one user's addresses come one after the other, and orders never see what was before. */
  const change = <T>(userId: string, work: (tx: Queryable) => Promise<T>): Promise<T> =>
    book.change(userId, () => effect(database, work), untold(work))

  async function get(userId: string, id: string): Promise<AddressView> {
    const address = await readAddress(database, userId, id)
    if (address === undefined) throw new NotFound()
    return address
  }

  return {
    async list(userId: string): Promise<AddressView[]> {
      return readAddresses(await reads.of(userId), userId)
    },

    /** @throws TooManyAddresses */
    async add(userId: string, address: AddressInput): Promise<AddressView> {
      const id = await change(userId, async (tx) => {
        const count = await lockAddresses(tx, userId)
        if (count >= MAX_ADDRESSES) throw new TooManyAddresses()
        const isDefault = count === 0 || address.isDefault === true
        const added = await insertAddress(tx, userId, { ...address, isDefault })
        if (isDefault) await clearDefault(tx, userId, added)
        return added
      })
      return get(userId, id)
    },

    /**
     * Replaces an address. The default stays the default, until another one becomes it.
     * @throws NotFound
     */
    async replace(userId: string, id: string, address: AddressInput): Promise<AddressView> {
      await change(userId, async (tx) => {
        await lockAddresses(tx, userId)
        const current = await readAddress(tx, userId, id)
        if (current === undefined) throw new NotFound()
        const isDefault = current.isDefault || address.isDefault === true
        await updateAddress(tx, userId, id, { ...address, isDefault })
        if (isDefault) await clearDefault(tx, userId, id)
      })
      return get(userId, id)
    },

    /** Deletes an address; where it was the default, the newest takes its place. @throws NotFound */
    async remove(userId: string, id: string): Promise<null> {
      await change(userId, async (tx) => {
        await lockAddresses(tx, userId)
        if (!(await deleteAddress(tx, userId, id))) throw new NotFound()
        const [next] = await readAddresses(tx, userId)
        if (next !== undefined && !next.isDefault) await markDefault(tx, userId, next.id)
      })
      return null
    },

    /** Deletes all of a user's addresses, also where there is no such user any more. */
    removeAll: (userId: string): Promise<void> =>
      book.change(
        userId,
        () => database.transaction((tx) => deleteAddresses(tx, userId)),
        (error) => Promise.reject(error),
      ),
  }
}

export type Addresses = ReturnType<typeof createAddresses>
