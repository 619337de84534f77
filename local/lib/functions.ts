import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readTemplate } from '../aws/resources.ts'
import { ROOT } from '../root.ts'

/** A function as serverless.yml has it; a test holds it against the route's definition. */
export type Declared = {
  /** Its key there, e.g. `ordersCreate`. */
  key: string
  /** Its file below functions/, without the ending: `orders/create`. */
  name: string
  /** Of its route; `ANY` where it takes what no other route does, undefined for jobs. */
  method: string | undefined
}

type Yaml = { handler: string; events: { httpApi?: '*' | { method: string } }[] }

/** Every function of infra/functions/, in the order of its files. */
export function declaredFunctions(): Declared[] {
  const files = readdirSync(join(ROOT, 'infra', 'functions')).filter((name) =>
    name.endsWith('.yml'),
  )
  return files
    .flatMap((file) =>
      Object.entries(
        readTemplate(ROOT, join('infra', 'functions', file), 'local') as Record<string, Yaml>,
      ),
    )
    .map(([key, { handler, events }]) => {
      const route = events.find(({ httpApi }) => httpApi !== undefined)?.httpApi
      return {
        key,
        name: handler.replace(/^functions\//, '').replace(/\.handler$/, ''),
        method: route === '*' ? 'ANY' : route?.method,
      }
    })
}
