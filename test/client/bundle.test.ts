import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createContext, Script } from 'node:vm'
import { transformSync } from 'esbuild'
import { expect, it } from 'vitest'
import type * as Client from '../../client/src/index.ts'
import { ROOT } from '../../local/root.ts'
import { ok } from './shop.ts'
import { createWx } from './wx.ts'

const SAMPLE = join(ROOT, 'examples/miniprogram')
const BUNDLE = join(SAMPLE, 'miniprogram_npm/minimall-client/index.js')

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

it('the sample runs on the built file, each of its files compiled alone, as the tools do it', () => {
  const { pages } = JSON.parse(readFileSync(join(SAMPLE, 'app.json'), 'utf8')) as {
    pages: string[]
  }
  const { wx } = createWx({ network: async () => ok(null) })
  const account = { miniProgram: { envVersion: 'release' } }
  const defined: { Page: object[]; App: object[]; Component: object[] } = {
    Page: [],
    App: [],
    Component: [],
  }
  const context = createContext({
    wx: { ...wx, getAccountInfoSync: () => account },
    Page: (definition: object) => defined.Page.push(definition),
    App: (definition: object) => defined.App.push(definition),
    Component: (definition: object) => defined.Component.push(definition),
    setTimeout,
  })
  const loaded = new Map<string, { exports: unknown }>()
  const load = (path: string): unknown => {
    const known = loaded.get(path)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    loaded.set(path, module)
    const source = readFileSync(path, 'utf8')
    const { code } = path.endsWith('.js')
      ? { code: source }
      : transformSync(source, { loader: 'ts', format: 'cjs', target: 'es2017' })
    const require = (name: string) =>
      load(name === 'minimall-client' ? BUNDLE : `${join(dirname(path), name)}.ts`)
    const run = new Script(`(function (module, exports, require) {${code}\n})`).runInContext(
      context,
    )
    run(module, module.exports, require)
    return module.exports
  }
  for (const file of ['app', 'components/status/status', ...pages]) load(join(SAMPLE, `${file}.ts`))
  expect(Object.values(defined).map(({ length }) => length)).toEqual([pages.length, 1, 1])
})
