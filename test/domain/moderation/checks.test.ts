import { beforeEach, describe, expect, it } from 'vitest'
import { type CheckDeps, createTextChecks } from '../../../shared/domain/moderation/checks.ts'
import type { Checkable } from '../../../shared/domain/moderation/messages.ts'
import { PermanentError } from '../../../shared/platform/jobs/job.ts'
import type { TextToCheck, Verdict } from '../../../shared/platform/wechat/api.ts'
import { WechatRefused } from '../../../shared/platform/wechat/errors.ts'

const NICKNAME: Checkable = { kind: 'nickname', userId: '7' }
const REMARK: Checkable = { kind: 'remark', userId: '7', orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1E' }
let kept: Record<string, string | undefined>
let asked: TextToCheck[]

const store = (name: string) => ({
  read: async () => kept[name],
  clear: async (_: unknown, text: string) => {
    if (kept[name] === text) delete kept[name]
  },
})
const checking = (answer: () => Promise<Verdict>, over: Partial<CheckDeps> = {}) =>
  createTextChecks({
    openidOf: async () => 'o-1',
    checkText: (text) => {
      asked.push(text)
      return answer()
    },
    nicknames: store('nickname'),
    remarks: store('remark'),
    ...over,
  })

beforeEach(() => {
  kept = { nickname: '昵称', remark: '备注' }
  asked = []
})

describe('a text', () => {
  it.each([
    [NICKNAME, { openid: 'o-1', scene: 'profile', content: '昵称' }, { remark: '备注' }],
    [REMARK, { openid: 'o-1', scene: 'comment', content: '备注' }, { nickname: '昵称' }],
  ])(
    'of $kind is taken away where WeChat finds it risky, and no other',
    async (where, text, left) => {
      await checking(async () => 'risky').check(where)
      expect(asked).toEqual([text])
      expect(kept).toEqual(left)
    },
  )

  it.each(['pass', 'review'] as const)('stays where WeChat says: %s', async (verdict) => {
    await checking(async () => verdict).check(NICKNAME)
    expect(kept.nickname).toBe('昵称')
  })

  it('that was changed meanwhile stays: it has a check of its own', async () => {
    await checking(async () => {
      kept.nickname = '新昵称'
      return 'risky'
    }).check(NICKNAME)
    expect(kept.nickname).toBe('新昵称')
  })

  it('that is gone, or whose user is gone, costs no call', async () => {
    const risky = async () => 'risky' as const
    await checking(risky, { openidOf: async () => undefined }).check(NICKNAME)
    kept = { nickname: '' }
    await checking(risky).check(NICKNAME)
    await checking(risky).check(REMARK)
    expect(asked).toEqual([])
  })

  it('stays unchecked where the user was not here, is tried again where WeChat is busy, else is for a person', async () => {
    const refusing = (errcode: number) =>
      checking(() => Promise.reject(new WechatRefused('/wxa/msg_sec_check', errcode)))
    await refusing(61010).check(NICKNAME)
    await expect(refusing(-1).check(NICKNAME)).rejects.toThrow(WechatRefused)
    await expect(refusing(48001).check(NICKNAME)).rejects.toThrow(PermanentError)
    expect(kept.nickname).toBe('昵称')
  })
})
