import { expect, it } from 'vitest'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import {
  alongside,
  callDeadline,
  currentScope,
  millisLeft,
  withDeadline,
} from '../../../shared/platform/telemetry/scope.ts'
import { contextOf } from '../../support/context.ts'

const ends = (signal: AbortSignal) =>
  new Promise<string>((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason.name))
  })

it('gives some work less time than there is, in the same trace, and never more', async () => {
  await invocation(contextOf(), 'GET /', 'trace-of-a-test', async (outer) => {
    const left = millisLeft()
    await withDeadline(5, async () => {
      expect(currentScope()).toMatchObject({ traceId: 'trace-of-a-test', route: 'GET /' })
      expect(millisLeft()).toBeLessThanOrEqual(5)
      expect(await ends(callDeadline(60_000))).toBe('TimeoutError')
    })
    expect(outer.deadline.aborted).toBe(false)
    await withDeadline(60_000, async () => expect(millisLeft()).toBeLessThanOrEqual(left))
  })
})

it('bounds work also where no invocation is running', async () => {
  expect(await withDeadline(5, () => ends(callDeadline(60_000)))).toBe('TimeoutError')
})

it('leaves what is handed over within to the invocation', async () => {
  let done = false
  await invocation(contextOf(), 'GET /', 'trace-of-a-test', () =>
    withDeadline(1_000, async () => {
      alongside(
        new Promise((resolve) => {
          setImmediate(() => {
            done = true
            resolve()
          })
        }),
      )
    }),
  )
  expect(done).toBe(true)
})
