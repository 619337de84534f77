// `npm run client`: builds client/ as WeChat's npm support takes it, into client/miniprogram_dist.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientBundle } from './client/bundle.ts'
import { optionsOf } from './lib/options.ts'
import { ROOT } from './root.ts'

const HELP = `Usage: npm run client

Builds the client package: client/miniprogram_dist/index.js and its types. Publish it with
\`npm publish\` in client/, or copy the folder to miniprogram_npm/minimall-client of a mini-program.`

optionsOf(HELP, {})
const folder = join(ROOT, 'client', 'miniprogram_dist')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
const generated = readFileSync(join(ROOT, 'client', 'src', 'api.generated.ts'), 'utf8')
writeFileSync(join(folder, 'index.js'), await clientBundle(generated))
// For Node.js, which finds no names in the other one.
writeFileSync(join(folder, 'index.mjs'), await clientBundle(generated, 'esm'))
const types = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', folder]
execFileSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', join(ROOT, 'client'), ...types], {
  stdio: 'inherit',
})
console.log('written: client/miniprogram_dist')
