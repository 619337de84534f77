import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { reads } from '../../platform/database/reading.ts'
import { redis } from '../../platform/redis/client.ts'
import { intake } from '../intake/index.ts'
import { createAddresses } from './addresses.ts'
import { createAddressBook } from './book.ts'

export const addresses = /* @__PURE__ */ once(() =>
  createAddresses({
    database: database(),
    reads: reads(),
    book: createAddressBook(redis()),
    intake: intake(),
  }),
)
