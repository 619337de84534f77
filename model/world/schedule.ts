import type { Random } from './random.ts'

/** One thing that can happen next. */
export type Step = {
  label: string | (() => string)
  run(): void
  /** Waits for what others have: runs when this becomes true. */
  ready?(): boolean
}

/** Each step takes up to so long, in milliseconds. */
const STEP_MILLIS = 8
/** Seeds that go on for ever are a violation, too. */
const MOST_STEPS = 20_000

/**
 * The one scheduler of a world: of all that could happen next, chance takes one, and lets all code run on
 * until it waits again. Time passes with the steps, and jumps to the next timer where nothing else is left.
 */
export class Schedule {
  readonly #random: Random
  readonly #trace: ((line: string) => void) | undefined
  readonly #start: number
  #steps: Step[] = []
  #timers: { at: number; step: Step }[] = []
  #now: number
  count = 0

  /** @param start the first moment, in milliseconds. @param trace told of each step */
  constructor(random: Random, start: number, trace?: (line: string) => void) {
    this.#random = random
    this.#start = start
    this.#now = start
    this.#trace = trace
  }

  now = (): number => this.#now

  /** Something that can happen from now on, at any time. */
  add(step: Step): void {
    this.#steps.push(step)
  }

  /** Something that can happen once `millis` have passed. */
  after(millis: number, step: Step): void {
    this.#timers.push({ at: this.#now + Math.max(0, millis), step })
  }

  /** Waits until chance takes this. */
  pause = (label: string, millis = 0): Promise<void> =>
    new Promise((resolve) => this.after(millis, { label, run: resolve }))

  pass(millis: number): void {
    this.#now += millis
  }

  note(line: string | (() => string)): void {
    this.#trace?.(textOf(line))
  }

  #moment = () => ((this.#now - this.#start) / 1000).toFixed(3).padStart(9)

  get traced(): boolean {
    return this.#trace !== undefined
  }

  /**
   * Goes on until nothing is left that could happen. @param settled called where all code waits
   * @throws where it never ends
   */
  run(settled: () => void): Promise<void> {
    const end = this.count + MOST_STEPS
    return untilDone(() => {
      settled()
      const step = this.#take()
      if (step === undefined) return true
      if (++this.count > end) throw new Error(`no end after ${MOST_STEPS} steps`)
      this.#now += this.#random.next() * STEP_MILLIS
      this.note(() => `${this.#moment()} ${textOf(step.label)}`)
      step.run()
      return false
    })
  }

  #take(): Step | undefined {
    for (const { step } of this.#timers.filter(({ at }) => at <= this.#now)) this.#steps.push(step)
    this.#timers = this.#timers.filter(({ at }) => at > this.#now)
    const ready = this.#steps.filter((step) => step.ready?.() !== false)
    if (ready.length > 0) {
      const step = this.#random.pick(ready)
      this.#steps.splice(this.#steps.indexOf(step), 1)
      return step
    }
    if (this.#timers.length === 0) return undefined
    this.#now = Math.min(...this.#timers.map(({ at }) => at))
    return this.#take()
  }
}

const textOf = (line: string | (() => string)) => (typeof line === 'string' ? line : line())

/** Immediates that are set at once: a turn of Node's event loop costs more than most steps. */
const TURNS = 64

/**
 * Calls `work` until it says true, each time once all that it set going waits again: Node empties the queue of
 * microtasks after each immediate.
 * @throws what `work` throws
 */
function untilDone(work: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false
    const turn = () => {
      if (done) return
      try {
        done = work()
        if (done) resolve()
      } catch (error) {
        done = true
        reject(error)
      }
    }
    const batch = () => {
      if (done) return
      for (let turns = TURNS; turns > 0; turns--) setImmediate(turn)
      setImmediate(batch)
    }
    setImmediate(batch)
  })
}
