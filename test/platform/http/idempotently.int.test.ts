import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { auth } from '../../../shared/domain/auth/index.ts'
import { CartFull } from '../../../shared/domain/cart/errors.ts'
import { database } from '../../../shared/platform/database/database.ts'
import type { ApiError } from '../../../shared/platform/errors/api-error.ts'
import {
  KeyReused,
  NotAllowed,
  NotFound,
  RateLimited,
  SessionEnded,
  Unavailable,
  ValidationFailed,
} from '../../../shared/platform/errors/standard.ts'
import { Reply } from '../../../shared/platform/http/definition.ts'
import { Json } from '../../../shared/platform/http/json.ts'
import { route } from '../../../shared/platform/http/route.ts'
import { effect } from '../../../shared/platform/idempotency/effect.ts'
import { contextOf, eventOf } from '../../support/context.ts'

let authorization: string
beforeAll(async () => {
  const tokens = await auth().login(`mock:idempotently:${randomUUID()}`, 'test')
  authorization = `Bearer ${tokens.accessToken}`
})

/** A route whose handler does one thing after the other, each time that it runs; and what it answers. */
function scripted(...turns: (() => unknown)[]) {
  let ran = 0
  const handler = route(
    {
      method: 'POST',
      path: '/things',
      summary: 'A thing',
      auth: 'user',
      replies: { 200: z.unknown() },
    },
    async () => turns[ran++]?.(),
  )
  const key = randomUUID()
  return {
    runs: () => ran,
    async send() {
      const headers = { authorization, 'idempotency-key': key }
      const { statusCode, ...rest } = await handler(eventOf({ headers }), contextOf())
      const { code, data, details, message } = JSON.parse(rest.body ?? '')
      return { status: statusCode, headers: rest.headers, code, data, details, message }
    },
  }
}

const throws = (error: Error) => () => {
  throw error
}

describe('an answer is kept', () => {
  it('with its status, headers and data, whatever made them', async () => {
    const data = { a: 1, list: [null], nextCursor: null }
    for (const made of [data, Json.of(data)]) {
      const { send, runs } = scripted(() => new Reply(201, made, { location: '/things/1' }))
      const [first, second] = [await send(), await send()]
      expect(first).toMatchObject({ status: 201, data })
      expect(second.headers).toMatchObject({ location: '/things/1' })
      expect({ ...second, headers: {} }).toEqual({ ...first, headers: {} })
      expect(runs()).toBe(1)
    }
  })

  it('where it says nothing', async () => {
    const { send, runs } = scripted(() => undefined)
    expect([(await send()).data, (await send()).data, runs()]).toEqual([null, null, 1])
  })

  it.each<ApiError>([
    ValidationFailed.of([{ field: 'x', message: 'is wrong' }]),
    new NotFound([{ id: '7' }]),
    new CartFull(),
    new KeyReused(undefined, { message: 'of another kind' }),
  ])('where it is a refusal that is decided: $code', async (error) => {
    const { send, runs } = scripted(throws(error))
    const first = await send()
    expect(first).toMatchObject({ code: error.code, message: error.message })
    expect({ ...(await send()), headers: {} }).toEqual({ ...first, headers: {} })
    expect(runs()).toBe(1)
  })
})

describe('a request is done again', () => {
  it.each<Error>([
    new SessionEnded(),
    new NotAllowed(),
    new RateLimited(),
    new Error('a defect'),
    new Unavailable(),
  ])('where nothing was decided: %s', async (error) => {
    const { send, runs } = scripted(throws(error), () => 'done')
    expect((await send()).status).toBeGreaterThan(400)
    expect([(await send()).data, runs()]).toEqual(['done', 2])
  })

  it('but not its effect, where that was committed', async () => {
    let effects = 0
    const once = () => effect(database(), async () => ({ number: ++effects }))
    const fails = async () => {
      await once()
      throw new Unavailable()
    }
    const { send, runs } = scripted(fails, once)
    expect((await send()).status).toBe(503)
    expect((await send()).data).toEqual({ number: 1 })
    expect([runs(), effects]).toEqual([2, 1])
  })
})
