import { median, quantile } from '../../local/lib/stats.ts'

/** One way of doing a thing. The first side of a comparison is what the others are divided by. */
export type Side<T = unknown> = {
  name: string
  /** One operation. */
  run(): Promise<T> | T
  /** Throws where the answer is wrong. Asked before anything is measured. */
  check(answer: T): void | Promise<void>
  /** Before each round, outside of the time. */
  before?(): unknown
  /** After each round of so many operations, outside of the time: checks what they did together. */
  after?(done: number): unknown
  /** Where the answer itself knows how long it took, in milliseconds; else the clock says. */
  timeOf?(answer: T): number
}

export type CompareOptions = {
  /** In each round every side has its turn, in another order each time. */
  rounds?: number
  /** Operations per side and round. */
  calls?: number
  /** How many of them at once. */
  concurrency?: number
}

/** Times are in milliseconds; `ratio` is the median ÷ the first side's, below 1 where faster. */
export type Figures = {
  name: string
  median: number
  p99: number
  /** Operations a second in the middle one of the rounds. */
  ops: number
  ratio: number
  samples: number
}

export type Comparison = Required<CompareOptions> & { title: string; sides: Figures[] }
export type Compared = Comparison & {
  /** @throws RangeError where no side has this name */
  of(name: string): Figures
}

/**
 * Measures sides against each other: checks the answer of each once, runs each once more to warm up,
 * then lets them take turns, so that what disturbs the machine disturbs all of them alike.
 * @param progress told how much is done, 0 to 1
 * @throws what a check throws: then nothing is reported
 */
export async function compare<T>(
  title: string,
  sides: readonly Side<T>[],
  { rounds = 20, calls = 1, concurrency = 1 }: CompareOptions,
  progress: (share: number) => void,
): Promise<Compared> {
  const runs = sides.map((side) => ({ side, samples: [] as number[], rates: [] as number[] }))
  for (const { side } of runs) {
    await side.before?.()
    try {
      await side.check(await side.run())
    } catch (cause) {
      throw new Error(`${title}: the answer of "${side.name}" is wrong`, { cause })
    }
    await side.after?.(1)
  }
  for (let round = -1; round < rounds; round++) {
    // -1 warms up.
    for (const run of rotated(runs, round + 1)) {
      const { samples, millis } = await turn(run.side, calls, concurrency)
      if (round < 0) continue
      for (const sample of samples) run.samples.push(sample)
      run.rates.push((calls * 1000) / millis)
    }
    progress((round + 2) / (rounds + 1))
  }
  const base = median(runs[0]?.samples ?? [])
  const figures = runs.map(({ side, samples, rates }) => figuresOf(side.name, samples, rates, base))
  return {
    ...{ title, rounds, calls, concurrency, sides: figures },
    of: (name) => {
      const found = figures.find((side) => side.name === name)
      if (found === undefined) throw new RangeError(`no side is called ${name}`)
      return found
    },
  }
}

function rotated<T>(all: readonly T[], by: number): T[] {
  const at = by % all.length
  return [...all.slice(at), ...all.slice(0, at)]
}

/** One side's share of a round. */
async function turn<T>(side: Side<T>, calls: number, concurrency: number) {
  await side.before?.()
  const samples: number[] = []
  let begun = 0
  const worker = async () => {
    while (begun < calls) {
      begun++
      const started = performance.now()
      const answer = await side.run()
      const took = performance.now() - started
      samples.push(side.timeOf === undefined ? took : side.timeOf(answer))
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: Math.min(concurrency, calls) }, worker))
  const elapsed = performance.now() - started
  await side.after?.(calls)
  const told = samples.reduce((sum, sample) => sum + sample, 0) / concurrency
  return { samples, millis: side.timeOf === undefined ? elapsed : told }
}

function figuresOf(name: string, samples: number[], rates: number[], base: number): Figures {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = quantile(sorted, 0.5)
  return {
    name,
    median: middle,
    p99: quantile(sorted, 0.99),
    ops: median(rates),
    ratio: middle / base,
    samples: samples.length,
  }
}
