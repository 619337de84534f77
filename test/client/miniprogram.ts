import { join } from 'node:path'
import { vi } from 'vitest'
import { ROOT } from '../../local/root.ts'
import { type Answered, createWx, type Sent } from './wx.ts'

export const SAMPLE = join(ROOT, 'examples/miniprogram')

type Method = (...args: unknown[]) => unknown
type Definition = { data?: object } & Record<string, unknown>

/** A page as WeChat would run it, as far as its logic goes. */
export type OpenPage = {
  readonly data: Record<string, unknown>
  /** Calls a method as an event would: `dataset` is what the tapped thing carries. */
  tap(method: string, dataset?: object): Promise<unknown>
  input(method: string, value: string): Promise<unknown>
  show(): Promise<unknown>
  close(): void
}

type Options = {
  network: (sent: Sent) => Promise<Answered>
  baseUrls?: string[]
  development?: { user: string; standIn: string }
  /** Of wx.login; the stand-in for WeChat replaces it in the development version. */
  code?: () => string
  pay?: NonNullable<Parameters<typeof createWx>[0]['pay']>
  version?: 'develop' | 'trial' | 'release'
  /** What the user says to every question. */
  agrees?: boolean
}

const ADDRESS = {
  userName: '张三',
  telNumber: '00000000000',
  provinceName: '广东省',
  cityName: '广州市',
  countyName: '海珠区',
  detailInfo: '新港中路 397 号',
  errMsg: 'chooseAddress:ok',
}

/** The sample mini-program, started anew, on a network. */
export async function startSample(options: Options) {
  const { baseUrls, development, version = 'develop', agrees = true } = options
  const { wx, sent, storage } = createWx(options)
  const toasts: string[] = []
  const opened: string[] = []
  const titles: string[] = []
  const open = ({ url }: { url: string }) => void opened.push(url)
  const surface = {
    showToast: ({ title }: { title: string }) => void toasts.push(title),
    showModal: ({ success }: { success(answer: { confirm: boolean }): void }) =>
      success({ confirm: agrees }),
    navigateTo: open,
    redirectTo: open,
    switchTab: open,
    setNavigationBarTitle: ({ title }: { title: string }) => void titles.push(title),
    stopPullDownRefresh: () => {},
    getAccountInfoSync: () => ({ miniProgram: { envVersion: version } }),
    chooseAddress: ({ success }: { success(chosen: typeof ADDRESS): void }) => success(ADDRESS),
  } satisfies Partial<Record<keyof WechatMiniprogram.Wx, unknown>>

  vi.resetModules()
  const definitions: Definition[] = []
  vi.stubGlobal('wx', { ...wx, ...surface })
  vi.stubGlobal('Page', (definition: Definition) => definitions.push(definition))
  const { config } = await sampleModule<{ config: object }>('config')
  Object.assign(config, baseUrls && { baseUrls }, development && { development })

  async function openPage(name: string, query: Record<string, string> = {}): Promise<OpenPage> {
    const before = definitions.length
    await sampleModule(`pages/${name}/${name}`)
    const definition = definitions[before] ?? pages.get(name)
    if (definition === undefined) throw new Error(`${name} is no page`)
    pages.set(name, definition)
    const page = instanceOf(definition)
    await page.onLoad?.(query)
    await page.onShow?.()
    const call = async (method: string, argument?: unknown) => {
      const found = page[method]
      if (found === undefined) throw new Error(`${name} has no ${method}`)
      return found(argument)
    }
    return {
      get data() {
        return page.data as unknown as Record<string, unknown>
      },
      tap: (method, dataset = {}) => call(method, { currentTarget: { dataset } }),
      input: (method, value) => call(method, { detail: { value } }),
      show: () => call('onShow'),
      close: () => void page.onUnload?.(),
    }
  }
  const pages = new Map<string, Definition>()
  return { openPage, sent, storage, toasts, opened, titles }
}

function sampleModule<Module>(path: string): Promise<Module> {
  return import(/* @vite-ignore */ join(SAMPLE, `${path}.ts`))
}

/** Data goes to the page as JSON: what JSON leaves out is a mistake. */
function instanceOf(definition: Definition): Record<string, Method> {
  const copy = (value: unknown) => {
    const text = JSON.stringify(value, (_, member) => {
      if (member === undefined || typeof member === 'function')
        throw new Error(`setData takes no ${typeof member}: ${JSON.stringify(value)}`)
      return member
    })
    return JSON.parse(text)
  }
  const page: Record<string, unknown> = { ...definition, data: copy(definition.data ?? {}) }
  page.setData = (patch: object) => Object.assign(page.data as object, copy(patch))
  for (const [name, member] of Object.entries(definition))
    if (typeof member === 'function') page[name] = member.bind(page)
  return page as Record<string, Method>
}
