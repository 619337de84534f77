import { build, type Metafile } from 'esbuild'
import { esbuildOptions } from '../lib/bundle.ts'
import { type Declared, declaredFunctions } from '../lib/functions.ts'
import { ROOT } from '../root.ts'
import { BUDGETS, type Kind, kindOf } from './budgets.ts'

/** Bytes by what they come from. */
export type Parts = ReadonlyMap<string, number>

export type Measured = Declared & {
  kind: Kind
  budget: number
  /** The whole bundle. */
  bytes: number
  /** What each file adds to it. */
  inputs: Parts
}

/** Bundles all functions in one go, as `npm run package` does each, and writes nothing. */
export async function measureBundles(): Promise<Measured[]> {
  const functions = declaredFunctions()
  const { metafile } = await build({
    ...esbuildOptions(),
    absWorkingDir: ROOT,
    entryPoints: functions.map(({ name }) => `functions/${name}.ts`),
    outdir: '.esbuild',
    write: false,
    metafile: true,
  })
  return functions.map((declared) => {
    const { bytes, inputs } = outputOf(metafile, declared.name)
    const kind = kindOf(declared)
    const parts = Object.entries(inputs).map(
      ([path, { bytesInOutput }]) => [path, bytesInOutput] as const,
    )
    return { ...declared, kind, budget: BUDGETS[kind], bytes, inputs: new Map(parts) }
  })
}

function outputOf({ outputs }: Metafile, name: string) {
  const entry = `functions/${name}.ts`
  const output = Object.values(outputs).find(({ entryPoint }) => entryPoint === entry)
  if (output === undefined) throw new Error(`${entry} was not bundled`)
  return output
}

/** @returns the package of a file, or our own folder that it is in: `zod`, `shared/domain/orders` */
export function groupOf(path: string): string {
  const [, installed] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
  return (
    installed ??
    path
      .split('/')
      .slice(0, path.startsWith('shared/') ? 3 : 1)
      .join('/')
  )
}

/** Adds up what belongs together; the heaviest first. */
export function heaviest(entries: Iterable<readonly [string, number]>): [string, number][] {
  const sums = new Map<string, number>()
  for (const [name, bytes] of entries) sums.set(name, (sums.get(name) ?? 0) + bytes)
  return [...sums].toSorted(([, a], [, b]) => b - a)
}
