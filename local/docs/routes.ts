import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NamedRoute } from '../../shared/platform/http/openapi.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import { ROOT } from '../root.ts'

/** Every route below functions/. They read their settings when they are loaded: any that pass do. */
export async function readRoutes(): Promise<NamedRoute[]> {
  const folder = join(ROOT, 'functions')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length).replaceAll('\\', '/'))
  const loaded = await Promise.all(
    names.map(async (name) => {
      const module = await import(/* @vite-ignore */ join(folder, `${name}.ts`))
      return { name, definition: (module as { handler: Route }).handler.definition }
    }),
  )
  return loaded.filter(({ definition }) => 'path' in definition)
}
