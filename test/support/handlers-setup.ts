import { afterAll, beforeAll, inject } from 'vitest'
import './services-env.ts'
import { useHandlers } from './client.ts'
import { startHandlers } from './handlers.ts'

let stop: (() => Promise<void>) | undefined

beforeAll(async () => {
  const handlers = await startHandlers(inject('env'))
  stop = handlers.stop
  useHandlers(handlers.call)
})
afterAll(() => stop?.())
