// Mini-programs have these without the DOM's types.
declare const setTimeout: (run: () => void, millis: number) => unknown

/** Time and chance, so that tests can hold both. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number
  sleep(millis: number): Promise<void>
  /** From 0 up to, but not including, 1. */
  random(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
  random: () => Math.random(),
}

/**
 * An id for a trace or an idempotency key: the time, and 20 random characters (103 bits).
 * Mini-programs have no synchronous source of strong random numbers; these ids are no secrets.
 */
export function newId({ now, random }: Clock): string {
  let id = now().toString(36)
  for (let i = 0; i < 20; i++) id += Math.floor(random() * 36).toString(36)
  return id
}
