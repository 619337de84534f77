import type { Cell } from '../../local/lib/table.ts'
import type { Services } from '../../local/stack.ts'
import type { Chart } from './chart.ts'
import type { Compared, CompareOptions, Side } from './compare.ts'
import type { TargetSpec } from './report.ts'

/** One thing that we measure, against another way of doing it. Stands in `bench/cases/ID.ts`. */
export type BenchCase = {
  /** The name of its file, by which it is asked for. */
  id: string
  title: string
  /** One or two sentences: what is compared with what, under which conditions. */
  compares: string
  run(context: BenchContext): Promise<void>
}

/** Added to every call, in milliseconds. */
export type Latency = { database?: number; redis?: number }

export type BenchServices = Services & {
  /** Makes database (primary and replica) and Redis as far away as this; what is left out is near. */
  setLatency(latency: Latency): void
}

export type BenchContext = {
  /** A smoke test: do as little as still goes through everything; the figures mean nothing. */
  quick: boolean
  /** A folder of this run, within the project, that is deleted at the end. */
  dir: string
  /**
   * The local stack's services, started once for all cases of a run; their settings are put into
   * `process.env`. Import what reads settings (`await import(…)`) only after this.
   */
  services(): Promise<BenchServices>
  /** Checks, then measures, then prints and reports a table: see {@link Side}. */
  compare<T>(title: string, sides: readonly Side<T>[], options?: CompareOptions): Promise<Compared>
  /** Says what is being done now, and how much of it is done (0 to 1). */
  progress(step: string, share?: number): void
  /** A table of its own, beside those of `compare`; a cell is text, or a number with its unit. */
  table(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): void
  /** Drawn by `--docs` as `docs/charts/ID.svg`. */
  chart(chart: Chart): void
  /** A figure that was promised, and whether it was kept. */
  target(target: TargetSpec): void
  /** A sentence that belongs below the tables: what the reader must know to read them. */
  note(sentence: string): void
}

export const benchCase = (definition: BenchCase): BenchCase => definition
