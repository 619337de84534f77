import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, Script } from 'node:vm'
import { expect, it } from 'vitest'
import type * as Client from '../../client/src/index.ts'
import { ROOT } from '../../local/root.ts'
import { ok } from './shop.ts'
import { createWx } from './wx.ts'

const BUNDLE = join(ROOT, 'examples/miniprogram/miniprogram_npm/minimall-client/index.js')

it('the built file works with nothing but the language, wx and a timer', async () => {
  const module = { exports: {} as typeof Client }
  const context = createContext({ module, exports: module.exports, setTimeout })
  new Script(readFileSync(BUNDLE, 'utf8')).runInContext(context)
  const { createClient, wxTransport, wxTokens, wxSignIn } = module.exports
  const tokens = { accessToken: 'access', refreshToken: 'refresh', user: { id: '1' } }
  const { wx, sent, storage } = createWx({
    network: async ({ url }) => ok(url.endsWith('/login') ? tokens : { items: [], totalFen: 0 }),
    code: () => 'code-1',
  })
  const shop = createClient({
    baseUrls: ['https://a.example'],
    transport: wxTransport(wx),
    tokens: wxTokens(wx),
    signIn: wxSignIn(wx),
  })
  expect(await shop.request('GET /api/cart')).toEqual({ items: [], totalFen: 0 })
  expect(sent.map(({ url }) => url)).toEqual([
    'https://a.example/api/auth/login',
    'https://a.example/api/cart',
  ])
  expect([...storage.keys()]).toEqual(['minimall.tokens'])
})

it('the package depends on nothing, and says where WeChat finds it', () => {
  const { dependencies, miniprogram, main } = JSON.parse(
    readFileSync(join(ROOT, 'client/package.json'), 'utf8'),
  )
  expect(dependencies).toBeUndefined()
  expect(main).toBe(`${miniprogram}/index.js`)
})
