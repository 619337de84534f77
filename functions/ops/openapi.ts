// GET /api/openapi.json: the contract of every route, as OpenAPI 3.1.
import * as z from 'zod/mini'
import { PACKED } from '../../docs/openapi.generated.ts'
import { cacheable } from '../../shared/platform/http/cacheable.ts'
import { unpacked } from '../../shared/platform/http/docs/packed.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (contract: { openapi: string }) => {
  const reply = cacheable(contract, JSON.stringify(contract))
  return route(
    {
      method: 'GET',
      path: '/api/openapi.json',
      summary: 'This document: every route as OpenAPI 3.1',
      auth: 'public',
      replies: { 200: z.looseObject({ openapi: z.string() }), 304: z.void() },
      format: 'raw',
    },
    ({ headers }) => reply(headers['if-none-match']),
  )
}

export const handler = build(unpacked(PACKED) as { openapi: string })
