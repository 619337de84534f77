import { expect, it } from 'vitest'
import { build } from '../../../functions/ops/health.ts'
import type { Health } from '../../../shared/platform/health/health.ts'
import { contextOf, envelopeOf, eventOf } from '../../support/context.ts'

const good = { ok: true, latencyMs: 1 }
const bad = { ok: false, latencyMs: 1 }
const answerOf = (health: Health) => build(async () => health)(eventOf(), contextOf())

it('answers 200 as long as it serves', async () => {
  for (const status of ['ok', 'degraded'] as const) {
    const health = { status, checks: { database: good, redis: good, queue: bad } }
    const result = await answerOf(health)
    expect([result.statusCode, envelopeOf(result).data]).toEqual([200, health])
  }
})

it('answers 503 with what is down, and when to ask again', async () => {
  const health: Health = { status: 'down', checks: { database: bad, redis: good, queue: good } }
  const result = await answerOf(health)
  expect([result.statusCode, result.headers?.['retry-after']]).toEqual([503, '1'])
  expect(envelopeOf(result)).toMatchObject({ code: 50301, data: health })
})
