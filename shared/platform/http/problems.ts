import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'
import type { FieldProblem } from '../errors/api-error.ts'

// zod/mini comes without sentences of its own.
z.config(en())

/**
 * One line per wrong field.
 * @param prefix what stands before the path, for parts of the request other than the body
 */
export function problemsOf(error: z.core.$ZodError, prefix: string): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    const at = (name: PropertyKey[]) => [prefix, ...name].filter((part) => part !== '').join('.')
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: at([...issue.path, key.slice(0, 64)]),
        message: 'is not known here',
      }))
    }
    return [{ field: at(issue.path) || 'body', message: issue.message }]
  })
}
