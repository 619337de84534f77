import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWechatPay, NoticeRefused } from '../../../../shared/platform/wechat/pay/index.ts'
import {
  configOf,
  notice,
  paid,
  publicKey,
  refunded,
  rsaKey,
  sealed,
  signed,
} from '../../../support/wechat-pay.ts'

const pay = createWechatPay(configOf({ url: 'http://127.0.0.1:9' }))
type Headers = Record<string, string>

const payment = (body: string | Buffer, headers: Headers = signed(body)) =>
  pay.readPaymentNotice(headers, Buffer.from(body))
const refund = (body: string) => pay.readRefundNotice(signed(body), Buffer.from(body))

async function refusalOf(read: Promise<unknown>): Promise<NoticeRefused> {
  const error = await read.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(NoticeRefused)
  return error as NoticeRefused
}

describe('a notice', () => {
  it('of a payment tells order, amount, payer and time', async () => {
    expect(await payment(notice(paid))).toEqual({
      id: 'EV-2018022511223320873',
      transaction: {
        outTradeNo: paid.out_trade_no,
        transactionId: paid.transaction_id,
        state: 'SUCCESS',
        amountFen: 1999,
        payerOpenid: 'o-payer',
        paidAt: '2026-11-24T12:00:01.000Z',
      },
    })
  })

  it.each(['SUCCESS', 'CLOSED', 'ABNORMAL'])('of a refund tells its end: %s', async (state) => {
    const body = notice({ ...refunded, refund_status: state }, `REFUND.${state}`, 'refund')
    expect(await refund(body)).toEqual({
      id: 'EV-2018022511223320873',
      refund: {
        outTradeNo: refunded.out_trade_no,
        outRefundNo: refunded.out_refund_no,
        refundId: refunded.refund_id,
        state,
        refundFen: 500,
        succeededAt: '2026-11-24T13:00:00.000Z',
      },
    })
  })

  it.each([-299, 299])('may be %i s off', async (seconds) => {
    const body = notice(paid)
    const at = Math.floor(Date.now() / 1000) + seconds
    await expect(payment(body, signed(body, { at }))).resolves.toBeDefined()
  })

  it.each([-301, 302])('must not be %i s off', async (seconds) => {
    const body = notice(paid)
    const at = Math.floor(Date.now() / 1000) + seconds
    const { status, message } = await refusalOf(payment(body, signed(body, { at })))
    expect({ status, message }).toEqual({
      status: 401,
      message: 'timestamp is not within five minutes',
    })
  })

  it.each(['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-serial', 'wechatpay-signature'])(
    'without %s is refused',
    async (name) => {
      const body = notice(paid)
      const { [name]: _, ...rest } = signed(body)
      expect((await refusalOf(payment(body, rest))).status).toBe(401)
    },
  )

  it('is refused when it is a probe', async () => {
    const body = notice(paid)
    const headers = signed(body)
    headers['wechatpay-signature'] = `WECHATPAY/SIGNTEST/${headers['wechatpay-signature']}`
    const { status, message } = await refusalOf(payment(body, headers))
    expect({ status, message }).toEqual({ status: 401, message: 'signature is a probe' })
  })

  it('is refused when signed by somebody else under WeChat Pay’s name', async () => {
    const body = notice(paid)
    const key = { ...rsaKey(), serial: publicKey.serial }
    expect((await refusalOf(payment(body, signed(body, { key })))).status).toBe(401)
  })

  it('is refused when a part of the body is passed off as nonce', async () => {
    const body = notice(paid)
    const headers = signed(`first\n${body}`, { nonce: 'nonce' })
    headers['wechatpay-nonce'] = 'nonce\nfirst'
    expect((await refusalOf(payment(body, headers))).status).toBe(401)
  })

  it.each<[string, string]>([
    ['not JSON', 'code=SUCCESS'],
    ['of another form', '{"id":"x"}'],
    ['sealed with another key', notice(paid, undefined, undefined, 'f'.repeat(32))],
    ['of another event', notice(paid, 'TRANSACTION.FAIL')],
    ['of a refund', notice(refunded, 'REFUND.SUCCESS', 'refund')],
    ['of something else', notice(paid, undefined, 'coupon')],
    ['of another form within', notice({ ...paid, trade_state: 'NEW' })],
    ['for another app', notice({ ...paid, appid: 'wx-other' })],
    ['for no app', notice({ ...paid, appid: undefined })],
    ['for another merchant', notice({ ...paid, mchid: '1900000110' })],
    ['in dollars', notice({ ...paid, amount: { total: 1999, currency: 'USD' } })],
    ['of less than nothing', notice({ ...paid, amount: { total: -1, currency: 'CNY' } })],
  ])('that is signed, yet %s, is refused with 400', async (_, body) => {
    expect((await refusalOf(payment(body))).status).toBe(400)
  })

  it.each<[string, string]>([
    ['another merchant', notice({ ...refunded, mchid: 'x' }, 'REFUND.SUCCESS', 'refund')],
    ['another state than its event', notice(refunded, 'REFUND.CLOSED', 'refund')],
    ['a payment', notice(paid)],
  ])('of a refund with %s is refused with 400', async (_, body) => {
    expect((await refusalOf(refund(body))).status).toBe(400)
  })
})

const body = Buffer.from(notice(paid))
const headers = signed(body)
/** Another byte at a place, never the same one. */
const flip = (bytes: Buffer, at: number, by: number) => {
  const flipped = Buffer.from(bytes)
  const place = at % bytes.length
  flipped[place] = (flipped[place] ?? 0) ^ by
  return flipped
}
const flips = [fc.nat(), fc.integer({ min: 1, max: 255 })] as const

describe('any flipped byte', () => {
  it('in the body is noticed', async () => {
    await fc.assert(
      fc.asyncProperty(...flips, async (at, by) => {
        const { status } = await refusalOf(payment(flip(body, at, by), headers))
        expect(status).toBe(401)
      }),
      { numRuns: 300 },
    )
  })

  it.each(['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-serial', 'wechatpay-signature'])(
    'in %s is noticed',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(...flips, async (at, by) => {
          const changed = flip(Buffer.from(headers[name] ?? ''), at, by).toString('latin1')
          const { status } = await refusalOf(payment(body, { ...headers, [name]: changed }))
          expect(status).toBe(401)
        }),
        { numRuns: 300 },
      )
    },
  )

  it.each(['ciphertext', 'nonce', 'associated_data'] as const)(
    'in %s is noticed, even with a good signature',
    async (part) => {
      await fc.assert(
        fc.asyncProperty(...flips, async (at, by) => {
          const resource = {
            original_type: 'transaction',
            ...sealed(JSON.stringify(paid), 'transaction'),
          }
          const changed =
            part === 'ciphertext'
              ? flip(Buffer.from(resource.ciphertext, 'base64'), at, by).toString('base64')
              : flip(Buffer.from(resource[part]), at, by).toString('latin1')
          const forged = JSON.stringify({
            ...JSON.parse(body.toString()),
            resource: { ...resource, [part]: changed },
          })
          expect((await refusalOf(payment(forged))).status).toBe(400)
        }),
        { numRuns: 100 },
      )
    },
  )
})
