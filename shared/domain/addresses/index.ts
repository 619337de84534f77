import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { createAddresses } from './addresses.ts'

export const addresses = once(() => createAddresses({ database: database() }))
