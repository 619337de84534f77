import { afterAll, beforeAll, inject } from 'vitest'
import './services-env.ts'
import { useHandlers } from './client.ts'
import { serveHandlers, startHandlers } from './handlers.ts'

const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  const handlers = await startHandlers(inject('env'))
  stops.push(handlers.stop)
  useHandlers(handlers.call)
  const front = await serveHandlers(
    handlers.call,
    Number(new URL(inject('env').API_URL ?? '').port),
  )
  stops.push(front.stop)
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})
