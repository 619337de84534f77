import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import {
  NEEDS_MILLIS,
  PATIENCE_MILLIS,
} from '../../../../shared/platform/http/middlewares/in-time.ts'
import { route } from '../../../../shared/platform/http/route.ts'
import { contextOf, envelopeOf, eventOf } from '../../../support/context.ts'

vi.spyOn(process.stdout, 'write').mockReturnValue(true)
const handle = vi.fn(() => null)
const get = (needsMillis?: number) =>
  route(
    {
      method: 'GET',
      path: '/thing',
      summary: 'A thing',
      auth: 'public',
      ...(needsMillis === undefined ? {} : { needsMillis }),
      replies: { 200: z.null() },
    },
    handle,
  )
/** A request that API Gateway got so long ago. */
const waited = (millis: number) =>
  ({ ...eventOf(), requestContext: { timeEpoch: Date.now() - millis } }) as never

describe('a request with too little time', () => {
  it.each([
    ['of its function', eventOf(), contextOf(NEEDS_MILLIS)],
    ['since it waited long', waited(PATIENCE_MILLIS), contextOf()],
  ])('%s is 50301 with Retry-After at once, and not begun', async (_, event, context) => {
    const result = await get()(event, context)
    expect([result.statusCode, envelopeOf(result).code]).toEqual([503, 50301])
    expect(result.headers?.['retry-after']).toBe('1')
    expect(handle).not.toHaveBeenCalled()
  })

  it('is one that its route needs more for', async () => {
    expect((await get(60_000)(eventOf(), contextOf(30_000))).statusCode).toBe(503)
    expect((await get(10_000)(waited(0), contextOf(60_000))).statusCode).toBe(200)
    expect(handle).toHaveBeenCalledOnce()
  })
})
