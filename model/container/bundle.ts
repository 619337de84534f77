import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { compileFunction } from 'node:vm'
import { build, type Plugin } from 'esbuild'
import { ROOT } from '../../local/root.ts'

/** An edit of the shop's code. `find` must stand in the file exactly once. */
export type Patch = { file: string; find: string; replace: string }

export type Code = typeof import('./entry.ts')
/** Starts a container: runs all its modules anew, with these as its globals. */
export type Start = (globals: Record<string, unknown>) => Code

/** A bundle of the model is a plain function, in which nothing is awaited at the top. */
const SECRETS: Patch = {
  file: 'shared/platform/config/index.ts',
  find: "await readSecrets(SECRETS_PATH, AWS_REGION ?? '')",
  replace: '{}',
}

/** Modules that the model has its own of. */
const DOUBLES: readonly [importer: RegExp, path: RegExp, double: string][] = [
  [/shared\/platform\/database\//, /^@planetscale\/database$/, 'planetscale.ts'],
  [/shared\//, /\/send\.ts$/, 'send.ts'],
  [/shared\/domain\//, /wechat\/pay\/index\.ts$/, 'wechat-pay.ts'],
]

const GLOBALS = [
  ...['require', 'module', 'exports', 'process', 'Date', 'performance', 'Math', 'AbortSignal'],
  ...['setTimeout', 'clearTimeout', 'global', 'engines'],
]

/** @throws where a patch does not fit the code any more */
export function patched(text: string, patches: readonly Patch[]): string {
  return patches.reduce((code, { file, find, replace }) => {
    if (code.split(find).length !== 2) throw new Error(`a patch does not fit ${file}: ${find}`)
    return code.replace(find, () => replace)
  }, text)
}

const doubles = (patches: readonly Patch[]): Plugin => ({
  name: 'model',
  setup(bundler) {
    bundler.onResolve({ filter: /./ }, ({ path, importer }) => {
      const double = DOUBLES.find(([from, to]) => from.test(importer) && to.test(path))
      return double && { path: join(ROOT, 'model', 'container', double[2]) }
    })
    bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const file = relative(ROOT, path)
      const text = await readFile(path, 'utf8')
      const fitting = patches.filter((patch) => patch.file === file)
      return { contents: patched(text, fitting), loader: 'ts' }
    })
  },
})

/** Bundles the shop as a container of the model runs it. @param patches bugs that are planted */
export async function containerCode(patches: readonly Patch[] = []): Promise<Start> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'model', 'container', 'entry.ts')],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    logLevel: 'silent',
    plugins: [doubles([SECRETS, ...patches])],
  })
  const code = outputFiles[0]?.text ?? ''
  const run = compileFunction(code, GLOBALS, { filename: 'container.cjs' })
  return (globals) => {
    const module = { exports: {} as Code }
    run(...GLOBALS.map((name) => ({ ...globals, module, exports: module.exports })[name]))
    return module.exports
  }
}
