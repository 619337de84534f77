import { randomUUID } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { type Operation, resolve } from '../../shared/platform/http/openapi-types.ts'
import { call, login } from '../support/client.ts'
import { document, operations } from '../support/contract.ts'

const TOO_LARGE = { filling: 'x'.repeat(256 * 1024) }

/** A token signed with a key of ours, for a session that never was. */
async function strayToken(lifetime: string): Promise<string> {
  const { keys } = JSON.parse(inject('env').JWT_KEYS ?? '{}')
  return new SignJWT({ role: 'admin', sid: 'x'.repeat(22) })
    .setProtectedHeader({ alg: 'EdDSA', kid: keys[0].kid, typ: 'at+jwt' })
    .setIssuer('minimall')
    .setAudience('minimall-miniprogram')
    .setSubject('1')
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(await importJWK(keys[0], 'EdDSA'))
}

let user: string
let admin: string
let expired: string
let ended: string
beforeAll(async () => {
  user = (await login(`contract-${randomUUID()}`)).accessToken
  admin = (await login('admin')).accessToken
  expired = await strayToken('-1s')
  ended = await strayToken('5m')
})

const hasEnvelope = ({ responses }: Operation) =>
  Object.values(responses).some((response) =>
    Object.values(resolve(document, response).content ?? {}).some(
      ({ schema, example }) => example !== undefined && schema.properties?.traceId !== undefined,
    ),
  )

/** A value of the same form that nothing is called. */
function missing(example: string): string {
  if (/^\d+$/.test(example)) return '999999999'
  return example.length === 26 ? '7'.padEnd(26, 'Z') : 'x'.repeat(example.length)
}

const routes = operations
  // What WeChat calls follows its rules.
  .filter(({ method, operation }) => method === 'get' || hasEnvelope(operation))
  .map(({ method, path, operation }) => {
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
    const filledWith = (value: (example: string) => string) =>
      inPath.reduce((url, { name, example }) => url.replace(`{${name}}`, value(`${example}`)), path)
    const ask = (at: string, options: { token?: string; body?: unknown }) =>
      call(method.toUpperCase(), at, options).then(({ body }) => body.code)
    const codes = Object.values(operation.responses).flatMap((response) =>
      Object.values(resolve(document, response).content ?? {}).flatMap(({ examples = {} }) =>
        Object.values(examples).map(({ value }) => (value as { code: number }).code),
      ),
    )
    return {
      id: operation.operationId,
      codes: new Set(codes),
      secured: operation.security !== undefined,
      token: () => (operation.security === undefined ? {} : { token: admin }),
      hasPath: inPath.length > 0,
      body: operation.requestBody?.content['application/json']?.example,
      send: (options: { token?: string; body?: unknown }, query = '') =>
        ask(filledWith((example) => example) + query, options),
      sendToNothing: (options: { token?: string; body?: unknown }) =>
        ask(filledWith(missing), options),
    }
  })

/** Each case stands for all routes that promise its code. */
const that = (code: number) => routes.filter(({ codes }) => codes.has(code))

describe('every route that promises it', () => {
  it.each(that(40101).filter(({ secured }) => secured))(
    'answers 40101 to nobody: $id',
    async ({ send }) => {
      expect(await send({})).toBe(40101)
    },
  )

  it.each(that(40102))('answers 40102 to a token of yesterday: $id', async ({ send }) => {
    expect(await send({ token: expired })).toBe(40102)
  })

  it.each(that(40102))('answers 40103 to a session that has ended: $id', async ({ send }) => {
    expect(await send({ token: ended })).toBe(40103)
  })

  it.each(that(40301))('answers 40301 to a user who is no admin: $id', async ({ send }) => {
    expect(await send({ token: user })).toBe(40301)
  })

  it.each(that(40001))('answers 40001 to a query that it does not know: $id', async (route) => {
    expect(await route.send(route.token(), '?nobodyKnowsThis=1')).toBe(40001)
  })

  it.each(that(41301))('answers 41301 to more than 256 KiB: $id', async (route) => {
    expect(await route.send({ ...route.token(), body: TOO_LARGE })).toBe(41301)
  })

  it.each(that(40401).filter(({ hasPath }) => hasPath))(
    'answers 40401 to what is not there: $id',
    async ({ body, token, sendToNothing }) => {
      expect(await sendToNothing({ ...token(), ...(body === undefined ? {} : { body }) })).toBe(
        40401,
      )
    },
  )
})
