import { database } from '../../platform/database/database.ts'
import { readIntake } from './repository.ts'

/**
 * Whether Redis is left, so that what it held may be in no place where one can look. By itself, so that
 * reading an order brings nothing of leaving and coming back along.
 */
export const isAway = async (): Promise<boolean> =>
  (await readIntake(database())).way === 'database'
