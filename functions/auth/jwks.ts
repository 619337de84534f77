// GET /.well-known/jwks.json: the public keys of our tokens.
import type { JSONWebKeySet } from 'jose'
import { Jwks } from '../../shared/domain/auth/schemas.ts'
import { currentKeys, KEYS_SECONDS } from '../../shared/platform/auth/keys.ts'
import { Reply } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (published: () => Promise<JSONWebKeySet>) =>
  route(
    {
      method: 'GET',
      path: '/.well-known/jwks.json',
      summary: 'The public keys of access tokens (RFC 7517)',
      auth: 'public',
      replies: { 200: Jwks },
      format: 'raw',
    },
    async () =>
      new Reply(200, (await published()) as never, {
        'cache-control': `public, max-age=${KEYS_SECONDS}`,
      }),
  )

export const handler = build(async () => (await currentKeys()).published)
