import { brotliCompressSync } from 'node:zlib'
import { unpacked } from '../../shared/platform/http/docs/packed.ts'
import type { OpenApi } from '../../shared/platform/http/openapi-types.ts'

/** The module that carries the contract in the bundles of the functions that serve it. */
export const packedModule = (document: OpenApi) => `// Made by \`npm run docs\`; do not edit.
export const PACKED =
  '${brotliCompressSync(JSON.stringify(document)).toString('base64')}'
`

/** @returns what such a module holds; undefined where it is none, e.g. with a merge's conflict in it */
export function contractOf(module: string): unknown {
  const [, packed] = /^export const PACKED =\n {2}'([\w+/=]+)'\n$/m.exec(module) ?? []
  try {
    return packed === undefined ? undefined : unpacked(packed)
  } catch {
    return undefined
  }
}
