import { expect, it } from 'vitest'
import { parseSettings, SETTINGS } from '../../../shared/platform/config/settings.ts'

const complete = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, process.env[name]]))

it('reads a complete set, with its defaults', () => {
  const settings = parseSettings(complete)
  expect(settings).toMatchObject({ UNPAID_MINUTES: 15, MAIL_RATE: 14, ADMIN_OPENIDS: [] })
  expect(settings.JWT_KEYS.keys).toHaveLength(1)
  expect(parseSettings({ ...complete, ADMIN_OPENIDS: 'a, b,' }).ADMIN_OPENIDS).toEqual(['a', 'b'])
})

it('names every missing and wrong setting at once, and repeats no value', () => {
  const wrong = {
    ...complete,
    WECHAT_APP_SECRET: '',
    DATABASE_URL: 'my-password',
    MAIL_RATE: '0',
    JWT_KEYS: '{"keys":[{}]}',
  }
  const thrown = (() => {
    try {
      parseSettings(wrong)
      return ''
    } catch (error) {
      return String(error)
    }
  })()
  for (const name of [
    'WECHAT_APP_SECRET is missing',
    'DATABASE_URL is not valid',
    'MAIL_RATE is not valid',
    'JWT_KEYS is not valid',
  ]) {
    expect(thrown).toContain(name)
  }
  expect(thrown).toContain('4 setting(s)')
  expect(thrown).not.toContain('my-password')
})

it('gives no secret a default', () => {
  for (const [name, { secret }] of Object.entries(SETTINGS) as [string, { secret?: true }][]) {
    if (secret !== true || name === 'DATABASE_REPLICA_URL') continue
    expect(() => parseSettings({ ...complete, [name]: undefined }), name).toThrow(
      `${name} is missing`,
    )
  }
})

it('takes templates of subscribe messages by news and by type of field, and no others', () => {
  const template = (data: unknown, id = 'x'.repeat(43)) => ({ id, data })
  const read = (templates: unknown) =>
    parseSettings({ ...complete, WECHAT_TEMPLATES: JSON.stringify(templates) }).WECHAT_TEMPLATES
  const good = { paid: template({ thing1: '{title}', character_string12: 'x' }) }
  expect(read(good)).toEqual(good)
  expect(parseSettings(complete).WECHAT_TEMPLATES).toBeUndefined()
  for (const wrong of [
    [],
    { payed: template({ thing1: 'x' }) },
    { paid: template({ title: 'x' }) },
    { paid: template({ thing: 'x' }) },
    { paid: template({ constructor1: 'x' }) },
    { paid: template({ thing1: '' }) },
    { paid: template({ thing1: 7 }) },
    { paid: template({ thing1: 'x' }, 'short') },
  ]) {
    expect(() => read(wrong), JSON.stringify(wrong)).toThrow('WECHAT_TEMPLATES is not valid')
  }
})

it('reads keys in one line or in many, and asks for both of a pair', () => {
  const key = complete.WECHAT_PAY_MCH_PRIVATE_KEY ?? ''
  const oneLine = { ...complete, WECHAT_PAY_MCH_PRIVATE_KEY: key.replaceAll('\n', '\\n') }
  expect(parseSettings(oneLine).WECHAT_PAY_MCH_PRIVATE_KEY).toBe(key.trim())
  expect(parseSettings(complete).WECHAT_PAY_MCH_PRIVATE_KEY).toBe(key.trim())
  const { WECHAT_PAY_PUBLIC_KEY_ID: _, ...alone } = complete
  expect(() => parseSettings(alone)).toThrow('need each other')
  const { WECHAT_PAY_PUBLIC_KEY: __, ...neither } = alone
  expect(parseSettings(neither).WECHAT_PAY_PUBLIC_KEY).toBeUndefined()
  for (const wrong of [
    { WECHAT_PAY_API_V3_KEY: '茶'.repeat(32) },
    { WECHAT_PAY_MCH_PRIVATE_KEY: key.replace('PRIVATE', 'PUBLIC') },
    { WECHAT_PAY_MCH_SERIAL: 'not hexadecimal' },
    { WECHAT_PAY_PUBLIC_KEY_ID: 'ABC' },
  ]) {
    expect(() => parseSettings({ ...complete, ...wrong })).toThrow('1 setting(s)')
  }
})
