import { explain } from './explain'

/** What a page's data begins with, for components/status. */
export const LOADING = { state: 'loading' as 'loading' | 'ready' | 'failed', problem: '' }

type Loadable = { data: { state: string }; setData(patch: object): void }

const turns = new WeakMap<Loadable, number>()

/**
 * Fills a page: shows that it loads, then what `work` resolves with, or what went wrong. A page that
 * shows something already keeps showing it meanwhile, and afterwards where the work fails. Of several
 * at once the last one counts.
 */
export async function load(page: Loadable, work: () => Promise<object>): Promise<void> {
  const turn = (turns.get(page) ?? 0) + 1
  turns.set(page, turn)
  const isLast = () => turns.get(page) === turn
  if (page.data.state !== 'ready') page.setData({ state: 'loading', problem: '' })
  try {
    const patch = await work()
    if (isLast()) page.setData({ ...patch, state: 'ready', problem: '' })
  } catch (error) {
    if (!isLast()) return
    if (page.data.state === 'ready') toast(explain(error))
    else page.setData({ state: 'failed', problem: explain(error) })
  }
}

type Busy = { data: { busy: boolean }; setData(patch: { busy: boolean }): void }

/** Does one thing at a time: what is tapped meanwhile is ignored. Tells the user what goes wrong. */
export async function act(page: Busy, work: () => Promise<unknown>): Promise<void> {
  if (page.data.busy) return
  page.setData({ busy: true })
  try {
    await work()
  } catch (error) {
    toast(explain(error))
  } finally {
    page.setData({ busy: false })
  }
}

export function toast(title: string): void {
  wx.showToast({ title, icon: 'none', duration: 2500 })
}

/** Asks before what cannot be undone. */
export function confirmed(content: string): Promise<boolean> {
  return new Promise((resolve) => {
    wx.showModal({
      title: '请确认',
      content,
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    })
  })
}
