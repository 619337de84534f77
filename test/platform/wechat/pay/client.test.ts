import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Unavailable } from '../../../../shared/platform/errors/standard.ts'
import { describeError } from '../../../../shared/platform/telemetry/log.ts'
import { withScope } from '../../../../shared/platform/telemetry/scope.ts'
import {
  createWechatPay,
  type WechatPay,
  WechatPayError,
  wechatPay,
} from '../../../../shared/platform/wechat/pay/index.ts'
import {
  APP_ID,
  configOf,
  type Fake,
  MCH_ID,
  merchant,
  PUBLIC_KEY_ID,
  paid,
  refunded,
  rsaKey,
  type Say,
  startFake,
} from '../../../support/wechat-pay.ts'

const ORDER = paid.out_trade_no
let fake: Fake
let pay: WechatPay
beforeAll(async () => {
  fake = await startFake()
  pay = createWechatPay(configOf({ url: fake.url }))
})
beforeEach(() => {
  fake.received.length = 0
})
afterAll(() => fake.stop())

const answers = (said: Say) => {
  fake.say = () => said
}
const refuses = (code: string, status = 400) =>
  answers({ status, body: { code, message: 'secret' } })
const failureOf = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
const prepay = (description = '茶') =>
  pay.prepay({
    outTradeNo: ORDER,
    description,
    amountFen: 1999,
    openid: 'o-payer',
    expiresAt: '2026-11-24T12:15:00.000Z',
  })

describe('a payment', () => {
  it('is prepared with all that WeChat Pay asks for', async () => {
    answers({ body: { prepay_id: 'wx-prepay' } })
    const scope = {
      traceId: 'trace-pay',
      functionName: 'test',
      coldStart: false,
      deadline: AbortSignal.timeout(5_000),
    }
    expect(await withScope(scope, () => prepay())).toBe('wx-prepay')
    const [call] = fake.received
    expect(call).toMatchObject({ method: 'POST', target: '/v3/pay/transactions/jsapi' })
    expect(call?.body).toEqual({
      appid: APP_ID,
      mchid: MCH_ID,
      description: '茶',
      out_trade_no: ORDER,
      time_expire: '2026-11-24T20:15:00+08:00',
      notify_url: 'https://shop.example.com/api/payments/wechat/notify',
      amount: { total: 1999, currency: 'CNY' },
      payer: { openid: 'o-payer' },
    })
    expect(call?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'minimall',
      'wechatpay-serial': PUBLIC_KEY_ID,
      'x-trace-id': 'trace-pay',
    })
  })

  it.each([
    ['emoji and what joins them', '茶👨‍👩‍👧☕️!', '茶☕!'],
    ['line breaks and back-ticks', ' a\r\n\tb`,`c\u0000 ', "a b','c"],
    ['half a character', 'a\ud83d', 'a'],
    ['nothing that is left', '👍', ORDER],
    ['more than 127 characters', '茶'.repeat(200), '茶'.repeat(127)],
  ])('is described in characters that WeChat Pay takes: %s', async (_, written, sent) => {
    answers({ body: { prepay_id: 'wx-prepay' } })
    await prepay(written)
    expect(fake.received[0]?.body.description).toBe(sent)
  })

  it('is handed to wx.requestPayment with a signature of the merchant', () => {
    const { timeStamp, nonceStr, package: packed, signType, paySign } = pay.requestPayment('wx-1')
    expect({ packed, signType }).toEqual({ packed: 'prepay_id=wx-1', signType: 'RSA' })
    expect(Math.abs(Date.now() / 1000 - Number(timeStamp))).toBeLessThan(5)
    const text = `${APP_ID}\n${timeStamp}\n${nonceStr}\n${packed}\n`
    const key = createPublicKey(merchant.privateKey)
    expect(verify('sha256', Buffer.from(text), key, Buffer.from(paySign, 'base64'))).toBe(true)
    expect(pay.requestPayment('wx-1').nonceStr).not.toBe(nonceStr)
  })

  it('is looked up by the id of the order', async () => {
    answers({ body: paid })
    expect(await pay.query(ORDER)).toEqual({
      outTradeNo: ORDER,
      transactionId: paid.transaction_id,
      state: 'SUCCESS',
      amountFen: 1999,
      payerOpenid: 'o-payer',
      paidAt: '2026-11-24T12:00:01.000Z',
    })
    expect(fake.received[0]).toMatchObject({
      method: 'GET',
      target: `/v3/pay/transactions/out-trade-no/${ORDER}?mchid=${MCH_ID}`,
    })
  })

  it('that nobody paid has little to tell', async () => {
    const { mchid, out_trade_no } = paid
    const body = {
      mchid,
      out_trade_no,
      trade_state: 'NOTPAY',
      success_time: '',
      payer: {},
      amount: null,
    }
    answers({ body })
    expect(await pay.query(ORDER)).toEqual({ outTradeNo: ORDER, state: 'NOTPAY' })
  })

  it('that WeChat Pay does not know is undefined', async () => {
    refuses('ORDER_NOT_EXIST', 404)
    expect(await pay.query(ORDER)).toBeUndefined()
  })

  it.each([
    ['order', { ...paid, out_trade_no: 'another' }],
    ['merchant', { ...paid, mchid: '1900000110' }],
    ['currency', { ...paid, amount: { total: 1999, currency: 'USD' } }],
    ['state', { ...paid, trade_state: 'NEW' }],
  ])('is not told from an answer with another %s', async (_, body) => {
    answers({ body })
    expect(await failureOf(pay.query(ORDER))).toBeInstanceOf(Unavailable)
  })
})

describe('closing an order', () => {
  it.each<[string, Say, string]>([
    ['closes it', { status: 204 }, 'closed'],
    ['finds it closed', { status: 400, body: { code: 'ORDER_CLOSED' } }, 'closed'],
    ['finds it paid', { status: 400, body: { code: 'ORDERPAID' } }, 'paid'],
    ['finds it paid, in the newer spelling', { status: 400, body: { code: 'ORDER_PAID' } }, 'paid'],
    ['finds nothing', { status: 404, body: { code: 'ORDER_NOT_EXIST' } }, 'unknown'],
  ])('%s', async (_, said, closing) => {
    answers(said)
    expect(await pay.close(ORDER)).toBe(closing)
    expect(fake.received[0]).toMatchObject({
      method: 'POST',
      target: `/v3/pay/transactions/out-trade-no/${ORDER}/close`,
      body: { mchid: MCH_ID },
    })
  })

  it('has to wait while the payer is paying', async () => {
    refuses('USERPAYING', 202)
    expect(await failureOf(pay.close(ORDER))).toMatchObject({ code: 'USERPAYING', retryable: true })
  })
})

describe('a refund', () => {
  const wire = {
    ...refunded,
    refund_status: undefined,
    status: 'PROCESSING',
    success_time: undefined,
    amount: { ...refunded.amount, currency: 'CNY' },
  }
  const ask = (reason: string) =>
    pay.refund({
      outTradeNo: ORDER,
      outRefundNo: refunded.out_refund_no,
      refundFen: 500,
      totalFen: 1999,
      reason,
    })

  it('is asked for with one number, and told in its state', async () => {
    answers({ body: wire })
    expect(await ask('坏了\n😀')).toEqual({
      outTradeNo: ORDER,
      outRefundNo: refunded.out_refund_no,
      refundId: refunded.refund_id,
      state: 'PROCESSING',
      refundFen: 500,
    })
    expect(fake.received[0]).toMatchObject({
      method: 'POST',
      target: '/v3/refund/domestic/refunds',
    })
    expect(fake.received[0]?.body).toEqual({
      out_trade_no: ORDER,
      out_refund_no: refunded.out_refund_no,
      reason: '坏了',
      notify_url: 'https://shop.example.com/api/payments/wechat/refund-notify',
      amount: { refund: 500, total: 1999, currency: 'CNY' },
    })
    await ask('')
    expect(fake.received[1]?.body).not.toHaveProperty('reason')
  })

  it('is looked up by its number', async () => {
    answers({ body: { ...wire, status: 'SUCCESS', success_time: refunded.success_time } })
    expect(await pay.queryRefund(refunded.out_refund_no)).toMatchObject({
      state: 'SUCCESS',
      succeededAt: '2026-11-24T13:00:00.000Z',
    })
    expect(fake.received[0]?.target).toBe(`/v3/refund/domestic/refunds/${refunded.out_refund_no}`)
    refuses('RESOURCE_NOT_EXISTS', 404)
    expect(await pay.queryRefund(refunded.out_refund_no)).toBeUndefined()
  })

  it.each([
    ['that the balance does not cover', 'NOT_ENOUGH', 403, true],
    ['of a payment that is not found yet', 'RESOURCE_NOT_EXISTS', 404, true],
    ['of more than was paid', 'INVALID_REQUEST', 400, false],
  ])('%s is refused with %s', async (_, code, status, retryable) => {
    refuses(code, status)
    expect(await failureOf(ask('x'))).toMatchObject({ code, status, retryable })
  })
})

describe('a refusal', () => {
  it('has code, status, field and request, and none of what was sent', async () => {
    const body = {
      code: 'PARAM_ERROR',
      message: 'o-payer',
      detail: { field: '/payer/openid', value: 'o-payer' },
    }
    answers({ status: 400, body, headers: { 'request-id': '08F5B8C2-0' } })
    const error = await failureOf(prepay())
    expect(error).toBeInstanceOf(WechatPayError)
    expect(error).toMatchObject({ code: 'PARAM_ERROR', status: 400, retryable: false })
    expect(describeError(error)).toBe(
      'WechatPayError: prepay (request 08F5B8C2-0) at /payer/openid: 400 PARAM_ERROR',
    )
  })

  it('of our signature is not signed', async () => {
    const other = rsaKey().privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const stranger = createWechatPay(configOf({ url: fake.url, privateKey: other }))
    expect(await failureOf(stranger.query(ORDER))).toMatchObject({
      code: 'SIGN_ERROR',
      status: 401,
    })
  })

  it.each<[string, Say]>([
    ['is broken', { status: 500, body: { code: 'SYSTEM_ERROR' }, unsigned: true }],
    ['is broken and says so in writing', { status: 503, body: { code: 'ERROR' } }],
    ['has too many calls', { status: 429, body: { code: 'FREQUENCY_LIMITED' }, unsigned: true }],
    ['asks to try again', { status: 403, body: { code: 'BIZERR_NEED_RETRY' } }],
    ['answers from a gateway', { status: 502, body: '<html>', unsigned: true }],
    ['hangs up', { dead: true }],
    ['sends us elsewhere', { status: 302, headers: { location: '/v3/other' } }],
    ['answers in another form', { body: { prepay: 1 } }],
    ['does not sign its answer', { body: { prepay_id: 'x' }, unsigned: true }],
    [
      'does not sign its refusal',
      { status: 404, body: { code: 'ORDER_NOT_EXIST' }, unsigned: true },
    ],
    [
      'signs with a key of its own',
      { body: { prepay_id: 'x' }, key: { ...rsaKey(), serial: PUBLIC_KEY_ID } },
    ],
  ])('is not what it is when WeChat Pay %s: 50301', async (_, said) => {
    answers(said)
    const error = await failureOf(prepay())
    expect(error).toBeInstanceOf(Unavailable)
    expect(describeError(error)).toContain('prepay')
    const chain: unknown[] = []
    for (let at: unknown = error; at instanceof Error; at = at.cause)
      chain.push(at.message, at.stack)
    expect(chain.join()).not.toMatch(/WECHATPAY2|o-payer|http:/)
  })

  it('is not waited for beyond the deadline', async () => {
    fake.say = () => new Promise(() => {})
    const scope = {
      traceId: 'trace-pay',
      functionName: 'test',
      coldStart: false,
      deadline: AbortSignal.timeout(50),
    }
    expect(await withScope(scope, () => failureOf(pay.query(ORDER)))).toBeInstanceOf(Unavailable)
  })
})

it('is made from the settings, once', () => {
  expect(wechatPay()).toBe(wechatPay())
  expect(wechatPay().requestPayment('wx-1').signType).toBe('RSA')
})
