/** What the model needs of fengari, whose calls are those of Lua's C API. */
declare module 'fengari' {
  type State = { readonly state: unique symbol }
  type Text = Uint8Array
  export const to_luastring: (text: string) => Text
  export const to_jsstring: (text: Text) => string
  export const lauxlib: {
    luaL_newstate(): State
    luaL_loadstring(state: State, source: Text): number
    luaL_ref(state: State, table: number): number
  }
  export const lualib: { luaL_openlibs(state: State): void }
  export const lua: {
    LUA_OK: number
    LUA_REGISTRYINDEX: number
    LUA_TNIL: number
    LUA_TBOOLEAN: number
    LUA_TNUMBER: number
    LUA_TSTRING: number
    LUA_TTABLE: number
    lua_createtable(state: State, items: number, fields: number): void
    lua_error(state: State): number
    lua_gettop(state: State): number
    lua_pcall(state: State, args: number, results: number, handler: number): number
    lua_pop(state: State, count: number): void
    lua_pushboolean(state: State, value: boolean): void
    lua_pushcfunction(state: State, call: (state: State) => number): void
    lua_pushnil(state: State): void
    lua_pushnumber(state: State, value: number): void
    lua_pushstring(state: State, text: Text): void
    lua_rawgeti(state: State, index: number, at: number): number
    lua_rawseti(state: State, index: number, at: number): void
    lua_setfield(state: State, index: number, name: Text): void
    lua_setglobal(state: State, name: Text): void
    lua_toboolean(state: State, index: number): boolean
    lua_tonumber(state: State, index: number): number
    lua_tostring(state: State, index: number): Text
    lua_type(state: State, index: number): number
  }
}
