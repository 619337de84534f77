import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '../../client/src/index.ts'

const WAIT_MILLIS = 30_000

export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}

let failures = 0
/** @returns how many steps have failed */
export const failed = () => failures

/** Runs a step and prints what it says, with its time. @throws what the step throws, printed already */
export async function step<T>(name: string, work: () => Promise<[said: string, result: T]>) {
  const started = performance.now()
  const time = () => `${(performance.now() - started).toFixed(0).padStart(6)} ms`
  try {
    const [said, result] = await work()
    console.log(`✓ ${time()}  ${name}: ${said}`)
    return result
  } catch (error) {
    failures++
    console.log(`✗ ${time()}  ${name}: ${(error as Error).message}`)
    throw error
  }
}

/** Asks again and again until the answer is the wanted one. */
export async function until<T>(ask: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  const end = performance.now() + WAIT_MILLIS
  for (;;) {
    const value = await ask()
    if (done(value)) return value
    expect(performance.now() < end, `nothing after ${WAIT_MILLIS / 1000} s`)
    await sleep(50)
  }
}

/** @returns the code with which the shop refuses a call */
export async function refusal(work: Promise<unknown>): Promise<number> {
  try {
    await work
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
  throw new Error('was not refused')
}

export const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`
