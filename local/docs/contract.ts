import * as z from 'zod/mini'
import { type NamedRoute, openapi, operationIdOf } from '../../shared/platform/http/openapi.ts'
import type { OpenApi } from '../../shared/platform/http/openapi-types.ts'
import { about } from './about.ts'
import { addExamples } from './examples.ts'
import { readSchemaNames } from './names.ts'
import { readRoutes } from './routes.ts'

export type Contract = {
  routes: readonly NamedRoute[]
  document: OpenApi
  /** Fields that have no example. */
  missing: readonly string[]
}

/** A document without routes. */
export const emptyContract = (): OpenApi => openapi([], { ...about(), names: z.registry() })

/** The API's OpenAPI document, made from the code and the sample events. */
export async function readContract(): Promise<Contract> {
  const routes = (await readRoutes()).filter(({ definition }) => definition.path !== '$default')
  const document = openapi(routes, { ...about(), names: await readSchemaNames() })
  const names = new Map(routes.map(({ name }) => [operationIdOf(name), name]))
  const missing = addExamples(document, names)
  return { routes, document, missing }
}
