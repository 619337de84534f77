import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeError, log, setLogLevel } from '../../../shared/platform/telemetry/log.ts'
import { traceIdFrom, withScope } from '../../../shared/platform/telemetry/scope.ts'

const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
beforeEach(() => setLogLevel('info'))
afterEach(() => {
  written.mockClear()
  setLogLevel('error')
})
const lines = () => written.mock.calls.map(([line]) => JSON.parse(String(line)))

describe('a log line', () => {
  it('is one line of JSON with what the invocation is', () => {
    const scope = {
      traceId: 'trace-0001',
      functionName: 'ordersCreate',
      coldStart: true,
      deadline: AbortSignal.timeout(1000),
    }
    withScope(scope, () => log.info('two\nlines', { durationMs: 1.5 }))
    expect(String(written.mock.calls[0]?.[0])).toMatch(/^\{.*\}\n$/)
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        message: 'two\nlines',
        traceId: 'trace-0001',
        function: 'ordersCreate',
        coldStart: true,
        durationMs: 1.5,
      },
    ])
  })

  it('is left out below the level', () => {
    log.debug('x')
    setLogLevel('warn')
    log.info('x')
    log.warn('said')
    log.error('said too', new Error('x'))
    expect(lines().map(({ message }) => message)).toEqual(['said', 'said too'])
  })

  it('of an error says where it came from and what caused it', () => {
    log.error('failed', new Error('outer', { cause: new TypeError('inner') }))
    expect(lines()[0]).toMatchObject({
      error: 'Error: outer <- TypeError: inner',
      at: expect.stringContaining('log.test.ts'),
    })
  })
})

describe('what is said of an error', () => {
  it('holds no phone number, no address, and no second line', () => {
    const said = describeError(new Error('13800138000 of li@example.com\nSELECT secret'))
    expect(said).toBe('Error: # of #')
  })

  it('is short, and made at once, however long the message is', () => {
    const started = performance.now()
    expect(describeError(new Error('x'.repeat(300_000))).length).toBeLessThan(200)
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('ends where errors cause each other in a circle, or are none', () => {
    const a = new Error('a')
    a.cause = a
    expect(describeError(a)).toBe('Error: a <- Error: a <- Error: a <- Error: a')
    expect(describeError('a secret text')).toBe('string')
    expect(describeError(undefined)).toBe('')
  })
})

it('takes a trace id only in the form of the contract', () => {
  for (const good of ['abcdefgh', 'A.b_c-1234', 'x'.repeat(64)])
    expect(traceIdFrom(good)).toBe(good)
  for (const bad of [
    undefined,
    '',
    'short',
    'x'.repeat(65),
    'with space',
    'abcdefgh\n',
    '<script>',
  ])
    expect(traceIdFrom(bad)).toMatch(/^[0-9a-f-]{36}$/)
})
