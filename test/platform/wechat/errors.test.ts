import { describe, expect, it } from 'vitest'
import { describeError } from '../../../shared/platform/telemetry/log.ts'
import { type Remedy, remedyOf, WechatRefused } from '../../../shared/platform/wechat/errors.ts'

describe('an error code of WeChat', () => {
  it.each<[string, number, Remedy]>([
    ['a token that is not the latest', 40001, 'refresh'],
    ['a token that is none', 40014, 'refresh'],
    ['a token that has expired', 42001, 'refresh'],
    ['a busy system', -1, 'retry'],
    ["the minute's quota", 45011, 'retry'],
    ["the day's quota", 45009, 'retry'],
    ['a second message at once', 43108, 'retry'],
    ['a payment that its index does not know yet', 10060001, 'retry'],
    ['a user who has not subscribed', 43101, 'drop'],
    ['an openid that is gone', 40003, 'drop'],
    ['a shipment that it has already', 10060023, 'drop'],
    ['a template that does not exist', 40037, 'mend'],
    ['a value that a template does not take', 47003, 'mend'],
    ['an address that is not allowed', 40164, 'mend'],
    ['a code that we do not know', 99999999, 'retry'],
  ])('for %s (%i) means: %s', (_, errcode, remedy) => {
    expect(remedyOf(errcode)).toBe(remedy)
  })

  it('is in the error with the path, and what WeChat said only where somebody has to mend it', () => {
    const wrong = new WechatRefused('/path', 47003, 'argument invalid! data.thing1.value invalid')
    expect(describeError(wrong)).toContain('/path: errcode 47003 (argument invalid! data.thing1')
    const token = new WechatRefused('/path', 40001, 'access_token TOKEN is invalid')
    expect(describeError(token)).toBe('WechatRefused: /path: errcode 40001')
  })
})
