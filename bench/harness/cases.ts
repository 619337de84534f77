import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../../local/root.ts'
import type { BenchCase } from './case.ts'

/** Every case of `bench/cases/`, in the order of their ids. */
export async function allCases(): Promise<BenchCase[]> {
  const folder = join(ROOT, 'bench', 'cases')
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  const cases = await Promise.all(
    files.toSorted().map(async (file) => {
      const { default: found } = (await import(pathToFileURL(join(folder, file)).href)) as {
        default: BenchCase
      }
      if (`${found.id}.ts` !== file) throw new Error(`bench/cases/${file} calls itself ${found.id}`)
      return found
    }),
  )
  return cases
}
