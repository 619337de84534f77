import { EPOCH, LEASE, LEASE_LUA, REBUILDING, UNSURE } from './keys.ts'

/** ARGV: epoch, Redis's time before the database was asked. */
export const giveLeaseScript = () => `${LEASE_LUA}
giveLease(ARGV[1], ARGV[2])
return 1`

/** Returns the time, the epoch that Redis holds or '', and whether there is a lease. */
export const lookScript = () => `${LEASE_LUA}
return {now(), redis.call('GET', '${EPOCH}') or '', redis.call('EXISTS', '${LEASE}')}`

/**
 * Begins to rebuild: where nobody else does, or in place of whoever does. ARGV: name of this rebuilding,
 * ms it may take, 'instead' or ''.
 */
export const BEGIN = `
if ARGV[3] == '' and redis.call('EXISTS', '${REBUILDING}') == 1 then return 0 end
redis.call('SET', '${REBUILDING}', ARGV[1], 'PX', ARGV[2])
redis.call('SET', '${EPOCH}', ARGV[1])
return 1`

/** Ends it, where it is still this one. ARGV: name. */
export const END = `
if redis.call('GET', '${REBUILDING}') == ARGV[1] then redis.call('DEL', '${REBUILDING}') end
return 1`

/**
 * Redis holds the data of a new epoch, where it has lost none since it was looked at. What was written
 * meanwhile has no mark: nothing is read from the replica until it has all of it (positions.ts).
 * KEYS: state of the replica. ARGV: what stood for the epoch, the new epoch, seconds of UNSURE or 0.
 */
export const ADOPT = `
if (redis.call('GET', '${EPOCH}') or '') ~= ARGV[1] then return 0 end
redis.call('SET', '${EPOCH}', ARGV[2])
if ARGV[3] ~= '0' then redis.call('SET', '${UNSURE}', 1, 'EX', ARGV[3]) end
redis.call('DEL', KEYS[1])
return 1`

/** What users have taken of limited SKUs. KEYS: buyer… ARGV: order id, units… */
export const BOUGHT = `
for i, key in ipairs(KEYS) do redis.call('HSET', key, ARGV[2 * i - 1], ARGV[2 * i]) end
return #KEYS`
