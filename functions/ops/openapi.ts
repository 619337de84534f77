// GET /api/openapi.json: the contract of every route, as OpenAPI 3.1.
import * as z from 'zod/mini'
import document from '../../docs/openapi.json' with { type: 'json' }
import { cacheable } from '../../shared/platform/http/cacheable.ts'
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

export const handler = build(document)
