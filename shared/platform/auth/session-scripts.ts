/** Lua scripts of the sessions: each is one step that no other call can come between. */

/** A session as Redis holds it: of family and refresh token only hashes. Opens none for a closed user. */
export const CREATE = `
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'userId', ARGV[1], 'family', ARGV[2], 'refresh', ARGV[3],
  'createdAt', ARGV[4], 'device', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 1`

/**
 * Compare and swap of the refresh token. The one that was used up last is taken again for as long as
 * the record of its successor is there: it ends by itself, and another takes its place when the
 * successor is used. Any other token of this family was used up before, and ends the session. What
 * does not know the family changes nothing, since whoever knows a session's id could end it with a guess.
 *
 * KEYS: session, record of the last successor. ARGV: hash of the family, hash of the token, hash of
 *   its successor, salt of the successor, seconds of the record, seconds of the session, prefix of
 *   users' lists, session id.
 * Returns the user's id and the salt of the token's successor, 'unknown', or nothing where the
 *   session is over.
 */
export const ROTATE = `
local session = redis.call('HMGET', KEYS[1], 'userId', 'family', 'refresh')
local userId, family, current = session[1], session[2], session[3]
if not current then return false end
if family ~= ARGV[1] then return 'unknown' end
if current == ARGV[2] then
  redis.call('HSET', KEYS[1], 'refresh', ARGV[3])
  redis.call('DEL', KEYS[2])
  if tonumber(ARGV[5]) > 0 then
    redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[4], 'EX', ARGV[5])
  end
  redis.call('EXPIRE', KEYS[1], ARGV[6])
  redis.call('EXPIRE', ARGV[7] .. userId, ARGV[6])
  return {userId, ARGV[4]}
end
local last = redis.call('GET', KEYS[2])
local cut = last and string.find(last, ' ', 1, true)
if cut and string.sub(last, 1, cut - 1) == ARGV[2] then return {userId, string.sub(last, cut + 1)} end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', ARGV[7] .. userId, ARGV[8])
return false`

/** Sessions that have ended by themselves leave the user's list here. */
export const LIST = `
local sessions = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local session = redis.call('HMGET', ARGV[1] .. id, 'device', 'createdAt')
  if session[2] then sessions[#sessions + 1] = {id, session[1], session[2]}
  else redis.call('ZREM', KEYS[1], id) end
end
return sessions`

/** Only the user's own: the id alone opens nothing. */
export const END = `
if redis.call('HGET', KEYS[1], 'userId') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1`

/**
 * Ends all of a user's sessions; with a mark in the same step, so that a sign-in on its way opens none
 * afterwards. KEYS: the user's list, mark. ARGV: prefix of sessions, prefix of records, seconds of the
 * mark (0: none). Returns the ids of those that ended.
 */
export const END_ALL = `
local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, id in ipairs(ids) do redis.call('DEL', ARGV[1] .. id, ARGV[2] .. id) end
redis.call('DEL', KEYS[1])
if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[2], 1, 'EX', ARGV[3]) end
return ids`
