import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { parse } from 'yaml'
import { ROOT } from '../root.ts'

/** What serverless.yml tells serverless-esbuild, as esbuild itself takes it. */
export function esbuildOptions(): BuildOptions {
  const template = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'silent' })
  const { bundle, minify, format, platform, target, sourcemap } = template.custom.esbuild
  return { bundle, minify, format, platform, target, sourcemap, logLevel: 'silent' }
}

export type Bundle = { path: string; url: string; bytes: number }

/**
 * Bundles a module as `npm run package` does with functions.
 * @param entry path of the module
 * @param dir where the bundle goes, as `NAME.mjs`
 * @param external packages that stay outside, as some can't be bundled; `dir` must then be within the
 *   project, so that they are found
 */
export async function bundleOf(
  entry: string,
  { dir, external = [] }: { dir: string; external?: string[] },
): Promise<Bundle> {
  const path = resolve(dir, basename(entry).replace(/\.ts$/, '.mjs'))
  const { metafile } = await build({
    ...esbuildOptions(),
    entryPoints: [entry],
    outfile: path,
    external,
    metafile: true,
  })
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
  return { path, url: pathToFileURL(path).href, bytes }
}
