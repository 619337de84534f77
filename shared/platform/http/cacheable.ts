import { createHash } from 'node:crypto'
import { Reply } from './definition.ts'

/**
 * Answers with something that is the same for everybody until the next deployment. Clients keep it
 * and ask each time; a 304 costs the way, not the body.
 * @param text what decides whether it is still the same
 * @returns makes the reply to a request with this If-None-Match (RFC 9110, section 13.1.2). The tag
 *   is a weak one, since the body goes out compressed or not
 */
export function cacheable<T>(data: T, text: string, headers: Record<string, string> = {}) {
  const etag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const all = { etag, 'cache-control': 'public, no-cache', ...headers }
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return (ifNoneMatch = ''): Reply<T> | Reply<undefined> => {
    const has = ifNoneMatch
      .split(',')
      .some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag))
    return has ? new Reply(304, undefined, all) : new Reply(200, data, all)
  }
}
