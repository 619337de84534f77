import { createRequire } from 'node:module'

// Written without a fraction where they have none. Read when fengari is loaded.
process.env.FENGARICONF = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true })
const fengari: typeof import('fengari') = createRequire(import.meta.url)('fengari')
const { lauxlib, lua, lualib, to_jsstring, to_luastring } = fengari

/** A reply of Redis: what its protocol has. */
export type Reply = string | number | null | Reply[]
export type Call = (command: string[]) => Reply

type State = ReturnType<typeof lauxlib.luaL_newstate>

/**
 * Redis's Lua is 5.1, fengari's 5.3: here `unpack` stands alone, and each number is a double (whole
 * numbers of fengari have 32 bits).
 */
const LIKE_REDIS = `
unpack, cjson = table.unpack, {decode = decode}
redis = {call = call, pcall = function(...)
  local well, reply = pcall(call, ...)
  return well and reply or not well and {err = reply}
end}
local convert = tonumber
tonumber = function(...)
  local number = convert(...)
  return number and number + 0.0
end`

/**
 * Runs scripts as Redis does: KEYS, ARGV, `redis.call`, and its conversions between Lua and replies.
 * @see https://redis.io/docs/latest/develop/programmability/lua-api/
 */
export function createLua() {
  const state = lauxlib.luaL_newstate()
  const known = new Map<string, number>()
  let call: Call = () => null
  lualib.luaL_openlibs(state)
  define('call', (L) => {
    try {
      push(L, call(argumentsOf(L)))
      return 1
    } catch (error) {
      lua.lua_pushstring(L, to_luastring((error as Error).message))
      return lua.lua_error(L)
    }
  })
  define('decode', (L) => {
    pushJson(L, JSON.parse(to_jsstring(lua.lua_tostring(L, 1))))
    return 1
  })
  lauxlib.luaL_loadstring(state, to_luastring(LIKE_REDIS))
  lua.lua_pcall(state, 0, 0, 0)

  function define(name: string, work: (L: State) => number): void {
    lua.lua_pushcfunction(state, work)
    lua.lua_setglobal(state, to_luastring(name))
  }

  function compiled(source: string): number {
    let ref = known.get(source)
    if (ref === undefined) {
      check(lauxlib.luaL_loadstring(state, to_luastring(source)))
      ref = lauxlib.luaL_ref(state, lua.LUA_REGISTRYINDEX)
      known.set(source, ref)
    }
    return ref
  }

  /** @throws what a script ended with */
  function check(status: number): void {
    if (status === lua.LUA_OK) return
    const message = to_jsstring(lua.lua_tostring(state, -1))
    lua.lua_pop(state, 1)
    throw new Error(message)
  }

  return {
    /** @param run what `redis.call` does. @throws Error where the script fails */
    run(source: string, keys: string[], args: string[], run: Call): Reply {
      const script = compiled(source)
      call = run
      for (const [name, list] of [
        ['KEYS', keys],
        ['ARGV', args],
      ] as const) {
        push(state, list)
        lua.lua_setglobal(state, to_luastring(name))
      }
      lua.lua_rawgeti(state, lua.LUA_REGISTRYINDEX, script)
      check(lua.lua_pcall(state, 0, 1, 0))
      const reply = replyAt(state, -1)
      lua.lua_pop(state, 1)
      return reply
    },
  }
}

function argumentsOf(L: State): string[] {
  return Array.from({ length: lua.lua_gettop(L) }, (_, at) =>
    lua.lua_type(L, at + 1) === lua.LUA_TNUMBER
      ? String(lua.lua_tonumber(L, at + 1))
      : to_jsstring(lua.lua_tostring(L, at + 1)),
  )
}

function push(L: State, value: Reply): void {
  if (value === null) lua.lua_pushboolean(L, false)
  else if (typeof value === 'number') lua.lua_pushnumber(L, value)
  else if (typeof value === 'string') lua.lua_pushstring(L, to_luastring(value))
  else pushList(L, value, push)
}

function pushList<T>(L: State, list: readonly T[], each: (L: State, value: T) => void): void {
  lua.lua_createtable(L, list.length, 0)
  for (const [index, item] of list.entries()) {
    each(L, item)
    lua.lua_rawseti(L, -2, index + 1)
  }
}

function pushJson(L: State, value: unknown): void {
  if (value === null || value === undefined) lua.lua_pushnil(L)
  else if (typeof value === 'boolean') lua.lua_pushboolean(L, value)
  else if (typeof value === 'number') lua.lua_pushnumber(L, value)
  else if (typeof value === 'string') lua.lua_pushstring(L, to_luastring(value))
  else if (Array.isArray(value)) pushList(L, value, pushJson)
  else {
    lua.lua_createtable(L, 0, 0)
    for (const [name, field] of Object.entries(value)) {
      pushJson(L, field)
      lua.lua_setfield(L, -2, to_luastring(name))
    }
  }
}

function replyAt(L: State, index: number): Reply {
  switch (lua.lua_type(L, index)) {
    case lua.LUA_TNUMBER:
      return Math.trunc(lua.lua_tonumber(L, index))
    case lua.LUA_TSTRING:
      return to_jsstring(lua.lua_tostring(L, index))
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(L, index) ? 1 : null
    case lua.LUA_TTABLE:
      return listAt(L, index)
    default:
      return null
  }
}

/** A list ends for Redis at its first nil. */
function listAt(L: State, index: number): Reply[] {
  const table = index < 0 ? lua.lua_gettop(L) + index + 1 : index
  const list: Reply[] = []
  for (let at = 1; ; at++) {
    const type = lua.lua_rawgeti(L, table, at)
    if (type === lua.LUA_TNIL) break
    list.push(replyAt(L, -1))
    lua.lua_pop(L, 1)
  }
  lua.lua_pop(L, 1)
  return list
}
