import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Unavailable } from '../../../../shared/platform/errors/standard.ts'
import { createWechatPay, NoticeRefused } from '../../../../shared/platform/wechat/pay/index.ts'
import {
  certificateConfigOf,
  certificateOf,
  configOf,
  type Fake,
  listed,
  notice,
  paid,
  publicKey,
  rsaKey,
  type Say,
  signed,
  startFake,
} from '../../../support/wechat-pay.ts'

const HOUR = 3_600_000
const now = Math.floor(Date.now() / 1000) * 1000
const from = new Date(now - 24 * HOUR)
const until = new Date(now + 24 * HOUR)
const old = rsaKey()
const next = rsaKey()
const stranger = rsaKey()
const body = notice(paid)

let fake: Fake
let clock: number
beforeAll(async () => {
  fake = await startFake()
  fake.now = () => clock
})
beforeEach(() => {
  fake.received.length = 0
  clock = now
})
afterAll(() => fake.stop())

/** A container that has only just started. @param config of a merchant with certificates or with the key */
function container(config = certificateConfigOf) {
  const pay = createWechatPay(config({ url: fake.url, now: () => clock }))
  return (key: typeof old) => {
    const headers = signed(body, { key, at: Math.floor(clock / 1000) })
    return pay.readPaymentNotice(headers, Buffer.from(body)).then(
      () => 'read',
      (error: unknown) => {
        if (error instanceof NoticeRefused) return error.status
        if (error instanceof Unavailable) return 'unavailable'
        throw error
      },
    )
  }
}
/** The list of certificates; signs with the first, at the time of the test's clock. */
function lists(keys: (typeof old)[], options: { key?: typeof old; until?: Date } = {}) {
  const data = keys.map((key) => listed(key, from, options.until ?? until))
  answers({ body: { data } }, options.key ?? (keys[0] as typeof old))
}
function answers(said: Say, key: typeof old) {
  fake.say = () => {
    const text = JSON.stringify(said.body)
    const headers = signed(text, { key, at: Math.floor(clock / 1000) })
    return { ...said, body: text, unsigned: true, headers }
  }
}

describe('platform certificates', () => {
  it('of the tests are certificates', () => {
    const certificate = new X509Certificate(certificateOf(old, from, until))
    expect(certificate.verify(old.publicKey)).toBe(true)
    expect(BigInt(`0x${certificate.serialNumber}`)).toBe(BigInt(`0x${old.serial}`))
    expect(new Date(certificate.validTo)).toEqual(until)
  })

  it('are fetched once, and kept', async () => {
    lists([old])
    const read = container()
    expect(await read(old)).toBe('read')
    expect(await read(old)).toBe('read')
    expect(fake.received.map(({ target }) => target)).toEqual(['/v3/certificates'])
    expect(fake.received[0]?.headers).not.toHaveProperty('wechatpay-serial')
  })

  it('are fetched one time for all who wait for them', async () => {
    lists([old])
    const read = container()
    expect(await Promise.all([read(old), read(old), read(stranger)])).toEqual(['read', 'read', 401])
    expect(fake.received).toHaveLength(1)
  })

  it('are both good while they are exchanged', async () => {
    lists([old, next])
    const read = container()
    expect([await read(old), await read(next)]).toEqual(['read', 'read'])
    expect(fake.received).toHaveLength(1)
  })

  it('that are new are found when the first notice comes with them', async () => {
    lists([old])
    const read = container()
    await read(old)
    clock += 11_000
    lists([old, next])
    expect(await read(next)).toBe('read')
  })

  it('are not fetched for each made-up serial', async () => {
    const madeUp = (n: number) => ({ ...stranger, serial: `${n}`.padStart(40, 'A') })
    lists([old])
    const read = container()
    await read(old)
    for (let n = 0; n < 20; n++) expect(await read(madeUp(n))).toBe(401)
    expect(fake.received).toHaveLength(1)
    clock += 10_000
    for (let n = 20; n < 40; n++) expect(await read(madeUp(n))).toBe(401)
    expect(fake.received).toHaveLength(2)
  })

  it('have their time, at both ends', async () => {
    const early = {
      ...listed(next, from, until),
      effective_time: new Date(now + HOUR).toISOString(),
    }
    const ended = { ...listed(stranger, from, until), expire_time: new Date(now).toISOString() }
    const data = [listed(old, from, until), early, ended]
    answers({ body: { data } }, old)
    const read = container()
    expect([await read(old), await read(next), await read(stranger)]).toEqual(['read', 401, 401])
    clock += HOUR
    expect(await read(next)).toBe('read')
  })

  it('have no more time than they say themselves', async () => {
    const entry = listed(next, from, new Date(now - 1000))
    const data = [listed(old, from, until), { ...entry, expire_time: until.toISOString() }]
    answers({ body: { data } }, old)
    expect(await container()(next)).toBe(401)
  })

  it('are looked at again after some hours, and stay good when that fails', async () => {
    lists([old])
    const read = container()
    await read(old)
    clock += 6 * HOUR
    fake.say = () => ({ dead: true })
    expect(await read(old)).toBe('read')
    expect(await read(old)).toBe('read')
    expect(fake.received).toHaveLength(2)
    clock += 18 * HOUR
    expect(await read(old)).toBe('unavailable')
  })

  it('that cannot be had are an outage, not a refusal; the next try waits a little', async () => {
    fake.say = () => ({ status: 500, unsigned: true })
    const read = container()
    expect([await read(old), await read(old)]).toEqual(['unavailable', 'unavailable'])
    expect(fake.received).toHaveLength(1)
    lists([old])
    clock += 5_000
    expect(await read(old)).toBe('read')
  })

  it.each<[string, () => void]>([
    [
      'sealed with another key',
      () => {
        answers({ body: { data: [listed(old, from, until, 'f'.repeat(32))] } }, old)
      },
    ],
    [
      'signed by nobody',
      () => {
        fake.say = () => ({ body: { data: [listed(old, from, until)] }, unsigned: true })
      },
    ],
    ['signed by somebody who is not on it', () => lists([old], { key: stranger })],
    [
      'under another serial',
      () => {
        answers({ body: { data: [{ ...listed(old, from, until), serial_no: next.serial }] } }, old)
      },
    ],
    ['of another form', () => answers({ body: { data: [{}] } }, old)],
  ])('%s are not taken', async (_, setUp) => {
    setUp()
    expect(await container()(old)).toBe('unavailable')
  })

  it('verify answers as well', async () => {
    fake.say = ({ target }) => {
      const text = JSON.stringify(
        target === '/v3/certificates' ? { data: [listed(old, from, until)] } : paid,
      )
      return { body: text, unsigned: true, headers: signed(text, { key: old, at: clock / 1000 }) }
    }
    const pay = createWechatPay(certificateConfigOf({ url: fake.url, now: () => clock }))
    expect(await pay.query(paid.out_trade_no)).toMatchObject({ state: 'SUCCESS' })
  })
})

describe('a merchant with the public key', () => {
  it('needs no certificates, and fetches none for another key id', async () => {
    const read = container(configOf)
    expect(await read(publicKey)).toBe('read')
    expect(await read({ ...stranger, serial: 'PUB_KEY_ID_1' })).toBe(401)
    expect(fake.received).toHaveLength(0)
  })

  it('may get both kinds of signature during the switch', async () => {
    lists([old], { key: publicKey })
    const read = container(configOf)
    expect([await read(publicKey), await read(old), await read(publicKey)]).toEqual([
      'read',
      'read',
      'read',
    ])
  })

  it('has no certificates after it: a serial is then simply not known', async () => {
    answers({ status: 404, body: { code: 'RESOURCE_NOT_EXISTS' } }, publicKey)
    const read = container(configOf)
    expect([await read(old), await read(old)]).toEqual([401, 401])
    expect(fake.received).toHaveLength(1)
  })
})
