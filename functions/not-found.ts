// Every path and method that no other function has.
import * as z from 'zod/mini'
import { NotFound } from '../shared/platform/errors/standard.ts'
import { route } from '../shared/platform/http/route.ts'

export const build = () =>
  route(
    {
      method: 'ANY',
      path: '$default',
      summary: 'Answers 40401',
      auth: 'public',
      query: z.unknown(),
      params: z.unknown(),
      body: z.unknown(),
      replies: {},
      errors: [NotFound],
    },
    () => {
      throw new NotFound()
    },
  )

export const handler = build()
