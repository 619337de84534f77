import { randomUUID } from 'node:crypto'
import { exportSPKI, importJWK, type JWK, SignJWT } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { signAccess, verifyAccess } from '../../../shared/platform/auth/access.ts'
import { tokenKeys } from '../../../shared/platform/auth/keys.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { send } from '../../../shared/platform/net/send.ts'

vi.mock(import('../../../shared/platform/net/send.ts'), { spy: true })

/** The shop's own private key: what can be forged by whoever holds it is refused for what it says. */
const ours = (JSON.parse(process.env.JWT_KEYS ?? '') as { keys: JWK[] }).keys[0] as JWK
const identity = { id: '1', role: 'user' as const, sessionId: 'x'.repeat(22) }
const seconds = () => Math.floor(Date.now() / 1000)

const claims = (over: Record<string, unknown> = {}) => ({
  iss: 'minimall',
  aud: 'minimall-miniprogram',
  sub: '1',
  sid: identity.sessionId,
  role: 'admin',
  iat: seconds(),
  exp: seconds() + 60,
  ...over,
})
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: ours.kid ?? '' }
const sign = async (payload: Record<string, unknown>, over: Record<string, string> = {}) =>
  new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ ...header, ...over })
    .sign(await importJWK(ours, 'EdDSA'))
const codeOf = async (token: string) =>
  verifyAccess(token).then(
    () => 0,
    (error: { code: number }) => error.code,
  )

describe('an access token', () => {
  it('of ours is taken as far as the session, which Redis knows', async () => {
    const nobodyAnswers = verifyAccess(await signAccess(identity))
    await expect(nobodyAnswers).rejects.toThrow(Unavailable)
    expect(await codeOf(await sign(claims()))).toBe(50301)
  })

  it.each(['iss', 'aud', 'sub', 'sid', 'role', 'iat', 'exp'])(
    'without %s is refused',
    async (name) => {
      expect(await codeOf(await sign(claims({ [name]: undefined })))).toBe(40101)
    },
  )

  it('that is not for us, not yet good, or of another kind is refused', async () => {
    expect(await codeOf(await sign(claims({ iss: 'evil' })))).toBe(40101)
    expect(await codeOf(await sign(claims({ aud: ['evil'] })))).toBe(40101)
    expect(await codeOf(await sign(claims({ nbf: seconds() + 60 })))).toBe(40101)
    expect(await codeOf(await sign(claims(), { typ: 'JWT' }))).toBe(40101)
    expect(await codeOf(await sign(claims(), { kid: 'another' }))).toBe(40101)
    expect(await codeOf(await sign(claims({ exp: seconds() - 1 })))).toBe(40102)
  })

  it('signed with our public key as if it were a secret is refused', async () => {
    const { d: _, ...publicJwk } = ours
    const imported = await importJWK(publicJwk, 'EdDSA')
    const published = [
      await exportSPKI(imported as Parameters<typeof exportSPKI>[0]),
      JSON.stringify((await tokenKeys()).published.keys[0]),
      ours.x ?? '',
    ]
    for (const secret of published) {
      const token = new SignJWT(claims())
        .setProtectedHeader({ ...header, alg: 'HS256' })
        .sign(new TextEncoder().encode(secret))
      expect(await codeOf(await token)).toBe(40101)
    }
  })

  it('that was changed after it was signed is refused', async () => {
    const [head, , signature] = (await signAccess(identity)).split('.')
    const admin = Buffer.from(JSON.stringify(claims())).toString('base64url')
    expect(await codeOf(`${head}.${admin}.${signature}`)).toBe(40101)
    expect(await codeOf(`${head}.${admin}.`)).toBe(40101)
  })
})

describe('a token that was checked before', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  /** Signing gives the same token for the same words, and the tests above may have used them. */
  const newToken = () => signAccess({ ...identity, sessionId: randomUUID() })

  it('is not checked again, but its session is asked about', async () => {
    const token = await newToken()
    const checks = vi.spyOn(crypto.subtle, 'verify')
    for (let time = 1; time <= 3; time++) {
      const questions = vi.mocked(send).mockClear()
      expect(await codeOf(token)).toBe(50301)
      expect(questions).toHaveBeenCalled()
    }
    expect(checks).toHaveBeenCalledTimes(1)
  })

  it('lends nothing to one that differs by a letter', async () => {
    const token = await newToken()
    expect(await codeOf(token)).toBe(50301)
    const other = token.at(-2) === 'A' ? 'B' : 'A'
    expect(await codeOf(token.slice(0, -2) + other + token.slice(-1))).toBe(40101)
  })

  it('expires all the same', async () => {
    const token = await newToken()
    expect(await codeOf(token)).toBe(50301)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 901_000 })
    expect(await codeOf(token)).toBe(40102)
  })
})

it('publishes no private part', async () => {
  const { keys } = (await tokenKeys()).published
  expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }])
  expect(JSON.stringify(keys)).not.toContain(ours.d)
})
