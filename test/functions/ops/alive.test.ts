import { expect, it } from 'vitest'
import { handler } from '../../../functions/ops/alive.ts'
import { contextOf, envelopeOf, eventOf } from '../../support/context.ts'

it('answers where nothing that the shop needs is there', async () => {
  const result = await handler(eventOf(), contextOf())
  expect([result.statusCode, envelopeOf(result).data]).toEqual([200, { status: 'alive' }])
})
