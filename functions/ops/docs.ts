// GET /api/docs: the contract as a page that loads nothing from elsewhere.
import * as z from 'zod/mini'
import { PACKED } from '../../docs/openapi.generated.ts'
import { cacheable } from '../../shared/platform/http/cacheable.ts'
import { unpacked } from '../../shared/platform/http/docs/packed.ts'
import { docsPage, POLICY } from '../../shared/platform/http/docs/page.ts'
import type { OpenApi } from '../../shared/platform/http/openapi-types.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (contract: OpenApi) => {
  const page = docsPage(contract)
  const reply = cacheable(page, page, {
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  return route(
    {
      method: 'GET',
      path: '/api/docs',
      summary: 'The same as a page to read',
      auth: 'public',
      replies: { 200: z.string(), 304: z.void() },
      format: 'raw',
      contentType: 'text/html; charset=utf-8',
    },
    ({ headers }) => reply(headers['if-none-match']),
  )
}

export const handler = build(unpacked(PACKED) as OpenApi)
