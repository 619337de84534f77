/** Names in Redis of what says whether orders may be taken there. */

/** The epoch whose data Redis holds; in its place a name while lost data are rebuilt. Lives on. */
export const EPOCH = 'intake:epoch'
/** There while Redis may take orders; holds the epoch. Ends by itself, unless it is renewed in time. */
export const LEASE = 'intake:lease'
/** There while somebody renews the lease. */
export const RENEWING = 'intake:renewing'
/** There while keys of orders may be in the database that Redis does not have. */
export const UNSURE = 'intake:unsure'
/** There while somebody rebuilds what was lost. */
export const REBUILDING = 'intake:rebuilding'

/** How long Redis may take orders after the database was asked; and so how long leaving it takes. */
export const LEASE_MILLIS = 2_000

/** Redis's own clock, in milliseconds: those of the containers differ. */
export const NOW_LUA = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`

/**
 * lease: gives a lease that ends LEASE_MILLIS after `asked`, Redis's time before the database was asked;
 * nothing where that is over, or Redis holds another epoch: a call that comes late does no harm.
 */
export const LEASE_LUA = `${NOW_LUA}
local function giveLease(epoch, asked)
  if epoch == '' or redis.call('GET', '${EPOCH}') ~= epoch then return end
  local left = asked + ${LEASE_MILLIS} - now()
  if left <= 0 or left <= redis.call('PTTL', '${LEASE}') then return end
  redis.call('SET', '${LEASE}', epoch, 'PX', left)
end
`
