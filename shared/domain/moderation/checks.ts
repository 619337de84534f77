import { log } from '../../platform/telemetry/log.ts'
import type { TextToCheck, Verdict } from '../../platform/wechat/api.ts'
import { settled } from '../../platform/wechat/settle.ts'
import type { Checkable } from './messages.ts'

/** Where a kind of text is kept. */
export type TextStore<Where> = {
  /** @returns the text, or undefined where there is none (any more) */
  read(where: Where): Promise<string | undefined>
  /** Takes the text away where it is still this one. */
  clear(where: Where, text: string): Promise<void>
}

type Of<Kind extends Checkable['kind']> = Extract<Checkable, { kind: Kind }>

export type CheckDeps = {
  /** @returns undefined where the user is gone */
  openidOf(userId: string): Promise<string | undefined>
  checkText(text: TextToCheck): Promise<Verdict>
  nicknames: TextStore<Of<'nickname'>>
  remarks: TextStore<Of<'remark'>>
}

const SCENES = { nickname: 'profile', remark: 'comment' } as const

/** Has WeChat look at what users write, and takes away what it finds to be against the law. */
export function createTextChecks(deps: CheckDeps) {
  const storeOf = (where: Checkable): TextStore<Checkable> =>
    (where.kind === 'nickname' ? deps.nicknames : deps.remarks) as TextStore<Checkable>

  return {
    /**
     * Safe to run again. The log says what was found, never the text.
     * @throws PermanentError where WeChat refuses for a reason that somebody has to mend; anything
     *   else may be tried again
     */
    async check(where: Checkable): Promise<void> {
      const store = storeOf(where)
      const content = await store.read(where)
      if (content === undefined || content === '') return
      const openid = await deps.openidOf(where.userId)
      if (openid === undefined) return
      const scene = SCENES[where.kind]
      const { done: verdict, dropped } = await settled(() =>
        deps.checkText({ openid, scene, content }),
      )
      if (verdict === 'risky') await store.clear(where, content)
      if (verdict !== 'pass') {
        log.warn('text', { ...where, verdict: verdict ?? 'not checked', errcode: dropped })
      }
    },
  }
}

export type TextChecks = ReturnType<typeof createTextChecks>
