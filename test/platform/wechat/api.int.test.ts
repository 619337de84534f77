import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { startWechat, type WeChat } from '../../../local/wechat/server.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { describeError } from '../../../shared/platform/telemetry/log.ts'
import {
  createWechatApi,
  type Shipment,
  type SubscribeMessage,
  type WechatApi,
} from '../../../shared/platform/wechat/api.ts'
import { createWechatCall, issueToken } from '../../../shared/platform/wechat/call.ts'
import { WechatRefused } from '../../../shared/platform/wechat/errors.ts'
import { WeChatRefusedCode } from '../../../shared/platform/wechat/session.ts'
import { createAccessToken, type TokenDeps } from '../../../shared/platform/wechat/token.ts'

let dir: string
let wechat: WeChat
let redis: RedisClient
let nonce = 0

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'minimall-wechat-'))
  wechat = await startWechat({ dir })
  const { redisRest = '', redisRestToken = '' } = inject('endpoints')
  redis = new RedisClient({ url: redisRest, token: redisRestToken })
})
afterEach(async () => {
  await wechat.stop()
  rmSync(dir, { recursive: true, force: true })
})

const issue = (force: boolean) => issueToken(wechat, force)

/** A container of its own: nothing is shared but Redis and WeChat. */
function instance(over: Partial<TokenDeps> = {}): WechatApi {
  const token = createAccessToken({ redis, appId: wechat.appId, issue, ...over })
  return createWechatApi(createWechatCall(wechat.url, token))
}
const phone = (api: WechatApi) => api.phoneOfCode(`phone:13800138000:${++nonce}`)
const post = (path: string, body: unknown = {}) =>
  fetch(`${wechat.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
async function tokensAsked(): Promise<number> {
  const reply = await fetch(`${wechat.url}/mock/calls`)
  const { calls } = (await reply.json()) as { calls: { path: string }[] }
  return calls.filter(({ path }) => path === '/cgi-bin/stable_token').length
}
const tokenKey = () => `wechat:token:${wechat.appId}`

describe('the access token', () => {
  it('is asked for once by 50 callers on ten instances, and once more when it has expired', async () => {
    const instances = Array.from({ length: 10 }, () => instance())
    const fifty = () =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) => phone(instances[index % 10] as WechatApi)),
      )
    expect(new Set(await fifty())).toEqual(new Set(['13800138000']))
    expect(await tokensAsked()).toBe(1)
    await post('/mock/expire-token')
    expect(await fifty()).toHaveLength(50)
    expect(await tokensAsked()).toBe(2)
    // Nobody was refused twice.
    expect(await fifty()).toHaveLength(50)
    expect(await tokensAsked()).toBe(2)
  })

  it('is asked for once when 50 new instances find one that has expired', async () => {
    await phone(instance())
    await post('/mock/expire-token')
    await Promise.all(Array.from({ length: 50 }, () => phone(instance())))
    expect(await tokensAsked()).toBe(2)
  })

  it('of another WeChat (a new stand-in, a forced refresh) is replaced without force', async () => {
    await redis.set(tokenKey(), 'of-before', { px: 7_000_000 })
    expect(await phone(instance())).toBe('13800138000')
    expect(await tokensAsked()).toBe(1)
    expect(await redis.exists(`${tokenKey()}:forced`)).toBe(0)
  })

  it('is forced only where WeChat gives out the one that it refuses, and not again and again', async () => {
    const asked: boolean[] = []
    let given = 'refused'
    const token = createAccessToken({
      redis,
      appId: wechat.appId,
      issue: async (force) => {
        asked.push(force)
        if (force) given = `${given}+`
        return { token: given, seconds: 7200 }
      },
    })
    expect(await token.get()).toBe('refused')
    expect(await Promise.all([token.replace('refused'), token.replace('refused')])).toEqual([
      'refused+',
      'refused+',
    ])
    expect(asked).toEqual([false, false, true])
    await expect(token.replace('refused+')).rejects.toThrow(Unavailable)
    expect(asked).toEqual([false, false, true, false])
  })

  it('near its end is renewed by one, while the others use the old one and wait for nothing', async () => {
    await redis.set(tokenKey(), 'old', { px: 200_000 })
    let hold = () => {}
    const held = new Promise<void>((resolve) => {
      hold = resolve
    })
    const asked: string[] = []
    const late = async (name: string) => {
      asked.push(name)
      await held
      return { token: 'new', seconds: 7200 }
    }
    const tokenOf = (name: string) =>
      createAccessToken({ redis, appId: wechat.appId, issue: () => late(name) })
    const first = tokenOf('first').get()
    await expect.poll(() => asked).toEqual(['first'])
    expect(await tokenOf('second').get()).toBe('old')
    hold()
    expect(await first).toBe('new')
    expect(await tokenOf('third').get()).toBe('new')
    expect(asked).toEqual(['first'])
  })

  it('is used on when it can not be renewed, and asked for anew a second later', async () => {
    await redis.set(tokenKey(), 'old', { px: 200_000 })
    const broken = createAccessToken({
      redis,
      appId: wechat.appId,
      issue: () => Promise.reject(Unavailable.because('wechat', new Error('down'))),
    })
    expect(await broken.get()).toBe('old')
    expect(await redis.send(['PTTL', `${tokenKey()}:lease`])).toBeLessThanOrEqual(1_000)
  })

  it('comes from WeChat itself where Redis is gone', async () => {
    const gone = new RedisClient({ url: 'http://127.0.0.1:9', token: 'x' })
    const api = instance({ redis: gone })
    expect(await phone(api)).toBe('13800138000')
    await post('/mock/expire-token')
    expect(await phone(api)).toBe('13800138000')
    expect(await tokensAsked()).toBe(2)
  })

  it('and the app secret are in no error, whatever happens', async () => {
    const api = instance()
    await phone(api)
    const token = (await redis.get<string>(tokenKey())) ?? ''
    expect(token.length).toBeGreaterThan(40)
    const failures: unknown[] = []
    const fail = async () => failures.push(await phone(api).catch((error: unknown) => error))
    for (const fault of [
      { errorRate: 1 },
      { errcode: 40001 },
      { errcode: 48001 },
      { errcode: 1 },
    ]) {
      await post('/mock/faults', fault)
      await fail()
    }
    await wechat.stop()
    await fail()
    wechat = await startWechat({ dir })
    const text: string[] = []
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(Unavailable)
      text.push(describeError(failure))
      for (let at: unknown = failure; at instanceof Error; at = at.cause)
        text.push(at.message, at.stack ?? '')
    }
    expect(text.join()).not.toContain(token)
    expect(text.join()).not.toContain(wechat.appSecret)
  })
})

describe('a code for a phone number', () => {
  it('is worth its number once', async () => {
    const api = instance()
    expect(await api.phoneOfCode('phone:13900139000:a')).toBe('13900139000')
    await expect(api.phoneOfCode('phone:13900139000:a')).rejects.toThrow(WeChatRefusedCode)
    await expect(api.phoneOfCode('mock:alice:1')).rejects.toThrow(WeChatRefusedCode)
  })

  it('of another country gives the number with its country', async () => {
    expect(await instance().phoneOfCode('phone:+1-4155550100:a')).toBe('+14155550100')
  })
})

describe('a text', () => {
  it.each([
    ['你好', 'pass'],
    ['可疑', 'review'],
    ['我有违禁品', 'risky'],
  ])('%s: %s', async (content, verdict) => {
    const text = { openid: wechat.openidOf('a'), scene: 'comment', content } as const
    expect(await instance().checkText(text)).toBe(verdict)
  })
})

describe('a subscribe message', () => {
  const message = () => ({
    openid: wechat.openidOf('a'),
    templateId: 't'.repeat(43),
    data: { thing1: '商品', amount2: '¥19.90' },
  })
  const refusal = async (over: Partial<SubscribeMessage>) => {
    const error = await instance()
      .sendSubscribe({ ...message(), ...over })
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(WechatRefused)
    const { errcode, remedy } = error as WechatRefused
    return [errcode, remedy]
  }

  it('arrives, or is refused with what can be done about it', async () => {
    await instance().sendSubscribe(message())
    expect(await refusal({ openid: 'nobody' })).toEqual([40003, 'drop'])
    expect(await refusal({ templateId: 'x' })).toEqual([40037, 'mend'])
    expect(await refusal({ data: { thing1: 'x'.repeat(21) } })).toEqual([47003, 'mend'])
    await post('/mock/subscriptions', { name: 'a', accepts: false })
    expect(await refusal({})).toEqual([43101, 'drop'])
    await post('/mock/subscriptions', { name: 'a', accepts: true })
    await instance().sendSubscribe(message())
    const reply = await fetch(`${wechat.url}/mock/messages`)
    const { messages } = (await reply.json()) as { messages: unknown[] }
    expect(messages).toHaveLength(2)
    expect(messages[0]).toMatchObject({ kind: 'subscribe', data: { thing1: { value: '商品' } } })
  })
})

describe('a shipment', () => {
  it('is taken, is the same when it comes again, and can be corrected once', async () => {
    const ship = async (over: Partial<Shipment> = {}) => {
      const shipment = {
        mchId: '1900000001',
        outTradeNo: '01KB2Z5GJ9QW8X4V7T3N6M2R1E',
        openid: wechat.openidOf('a'),
        carrier: 'YTO',
        trackingNo: 'Y1',
        description: '商品×1',
      }
      const done = instance().uploadShipping({ ...shipment, ...over })
      return done.then(
        () => 0,
        (error: WechatRefused) => error.errcode,
      )
    }
    expect([await ship(), await ship()]).toEqual([0, 10060023])
    expect([await ship({ trackingNo: 'Y2' }), await ship({ trackingNo: 'Y3' })]).toEqual([
      0, 10060003,
    ])
    expect(await ship({ carrier: 'SF' })).toBe(10060014)
    expect(await ship({ carrier: 'SF', receiverPhone: '****8000', outTradeNo: 'x' })).toBe(0)
    expect(await ship({ description: '' })).toBe(10060008)
    expect(await ship({ description: 'x'.repeat(121) })).toBe(10060009)
  })
})
