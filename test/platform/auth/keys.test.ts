import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { newKey } from '../../../local/lib/key-ring.ts'
import type * as Access from '../../../shared/platform/auth/access.ts'
import type * as KeysModule from '../../../shared/platform/auth/keys.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import type * as Net from '../../../shared/platform/net/send.ts'
import { received } from '../../support/received.ts'

/** Stays the same while containers come and go. */
const send = vi.hoisted(() => vi.fn<typeof Net.send>())
vi.mock('../../../shared/platform/net/send.ts', () => ({ send }))

const MINUTE = 60_000
const NOW = Date.parse('2026-11-24T08:00:00Z')
const [a, b] = [newKey(0), newKey(0)]
const identity = { id: '1', role: 'user' as const, sessionId: 'x'.repeat(22) }

/** What SSM holds; undefined: it does not answer. */
let stored: object | undefined
let reads = 0

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  vi.stubEnv('SECRETS_PATH', '')
  vi.stubEnv('JWT_KEYS', JSON.stringify({ keys: [a] }))
  reads = 0
  send.mockImplementation(async (url, { body } = {}) => {
    if (!String(url).includes('//ssm.')) throw new Error('nobody answers')
    const asked = JSON.parse(String(body))
    expect(asked).toEqual({ Name: '/minimall/prod/JWT_KEYS', WithDecryption: true })
    reads++
    if (stored === undefined) return received('busy', 500)
    return received({ Parameter: { Value: JSON.stringify(stored) } })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** A container that had its cold start now. */
async function container(): Promise<{ keys: typeof KeysModule; access: typeof Access }> {
  vi.resetModules()
  const keys = await import('../../../shared/platform/auth/keys.ts')
  const access = await import('../../../shared/platform/auth/access.ts')
  await keys.tokenKeys()
  vi.stubEnv('SECRETS_PATH', '/minimall/prod')
  return { keys, access }
}
const kidsOf = async ({ tokenKeys }: typeof KeysModule) =>
  (await tokenKeys()).published.keys.map(({ kid }) => kid)
/** 50301: the signature is good; only the session could not be asked about. */
const codeOf = (access: typeof Access, token: string) =>
  access.verifyAccess(token).then(
    () => 0,
    (error: { code: number }) => error.code,
  )

/** What is said in the log of why a token could not be checked. */
const messageOf = (access: typeof Access, token: string) =>
  access.verifyAccess(token).catch((error: Error) => (error.cause as Error).message)

it('reads its keys again every five minutes, and only then', async () => {
  const { keys } = await container()
  stored = { keys: [a, b] }
  vi.setSystemTime(NOW + 5 * MINUTE - 1)
  expect(await kidsOf(keys)).toEqual([a.kid])
  expect(reads).toBe(0)
  vi.setSystemTime(NOW + 5 * MINUTE)
  expect(await kidsOf(keys)).toEqual([a.kid, b.kid])
  stored = { keys: [b, a] }
  expect((await keys.tokenKeys()).kid).toBe(a.kid)
  expect(reads).toBe(1)
  vi.setSystemTime(NOW + 10 * MINUTE)
  expect((await keys.tokenKeys()).kid).toBe(b.kid)
})

it.each([
  ['does not answer', undefined],
  ['holds nonsense', { keys: [] }],
])('goes on with the keys that it has where SSM %s, and soon tries again', async (_, broken) => {
  const { keys } = await container()
  stored = broken
  vi.setSystemTime(NOW + 5 * MINUTE)
  for (let i = 0; i < 3; i++) expect(await kidsOf(keys)).toEqual([a.kid])
  expect(reads).toBe(1)
  stored = { keys: [b] }
  vi.setSystemTime(NOW + 5 * MINUTE + 30_000)
  expect(await kidsOf(keys)).toEqual([b.kid])
})

it('reads them at once for a token of a key that it does not know, but not for each', async () => {
  const { access, keys } = await container()
  vi.stubEnv('JWT_KEYS', JSON.stringify({ keys: [b] }))
  vi.stubEnv('SECRETS_PATH', '')
  vi.resetModules()
  const other = await import('../../../shared/platform/auth/access.ts')
  const token = await other.signAccess(identity)
  vi.stubEnv('SECRETS_PATH', '/minimall/prod')

  vi.setSystemTime(NOW + MINUTE)
  stored = { keys: [a] }
  expect(await codeOf(access, token)).toBe(40101)
  stored = { keys: [b, a] }
  expect(await codeOf(access, token)).toBe(40101)
  expect(reads).toBe(1)
  vi.setSystemTime(NOW + MINUTE + 30_000)
  expect(await codeOf(access, token)).toBe(50301)
  expect((await keys.tokenKeys()).kid).toBe(b.kid)
})

it('does not call a token bad whose key may be newer than what SSM let it read', async () => {
  const { access } = await container()
  vi.stubEnv('JWT_KEYS', JSON.stringify({ keys: [b] }))
  vi.stubEnv('SECRETS_PATH', '')
  vi.resetModules()
  const other = await import('../../../shared/platform/auth/access.ts')
  vi.setSystemTime(NOW + 6 * MINUTE)
  const token = await other.signAccess(identity)
  vi.stubEnv('SECRETS_PATH', '/minimall/prod')
  stored = undefined
  expect(await messageOf(access, token)).toBe('signing keys is unavailable')
  stored = { keys: [b, a] }
  vi.setSystemTime(NOW + 7 * MINUTE)
  expect(await messageOf(access, token)).toBe('redis is unavailable')
})

it('signs and publishes nothing with a set that it could not read again for 45 minutes', async () => {
  const { access, keys } = await container()
  stored = undefined
  vi.setSystemTime(NOW + 45 * MINUTE)
  const token = await access.signAccess(identity)
  vi.setSystemTime(NOW + 45 * MINUTE + 1)
  await expect(access.signAccess(identity)).rejects.toThrow(Unavailable.summary)
  await expect(keys.currentKeys()).rejects.toThrow(Unavailable.summary)
  expect(await messageOf(access, token)).toBe('redis is unavailable')
  stored = { keys: [b] }
  vi.setSystemTime(NOW + 46 * MINUTE)
  expect((await keys.currentKeys()).kid).toBe(b.kid)
})

it('takes tokens of the old key during the overlap, and none of a retired one', async () => {
  const { access } = await container()
  const token = await access.signAccess(identity)
  stored = { keys: [b, a] }
  vi.setSystemTime(NOW + 5 * MINUTE)
  expect(await codeOf(access, token)).toBe(50301)
  const newer = await access.signAccess(identity)
  expect(JSON.parse(Buffer.from(newer.split('.')[0] ?? '', 'base64url').toString()).kid).toBe(b.kid)
  stored = { keys: [b] }
  vi.setSystemTime(NOW + 10 * MINUTE)
  expect(await codeOf(access, token)).toBe(40101)
  expect(await codeOf(access, newer)).toBe(50301)
})
