import { join } from 'node:path'
import { build } from 'esbuild'
import { ROOT } from '../root.ts'

/**
 * The client in one file, without dependencies: CommonJS, as WeChat's npm support takes it, or a module.
 * @param generated what stands in `client/src/api.generated.ts`, or is about to
 * @see https://developers.weixin.qq.com/miniprogram/dev/devtools/npm.html
 */
export async function clientBundle(
  generated: string,
  format: 'cjs' | 'esm' = 'cjs',
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'client/src/index.ts')],
    bundle: true,
    write: false,
    format,
    platform: 'neutral',
    target: 'es2017',
    charset: 'utf8',
    banner: { js: '// Made from client/src by `npm run docs`; do not edit.' },
    plugins: [
      {
        name: 'generated',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /\/api\.generated\.ts$/ }, ({ path }) => ({ path, namespace: 'new' }))
          onLoad({ filter: /./, namespace: 'new' }, () => ({ contents: generated, loader: 'ts' }))
        },
      },
    ],
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild made nothing')
  return file.text
}
