import type { MiddlewareObj } from '@middy/core'
import { verifyAccess } from '../../auth/access.ts'
import { NotAllowed, NotSignedIn } from '../../errors/standard.ts'
import type { HttpEvent, Input, RouteDefinition } from '../definition.ts'

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]+)$/i

/**
 * Finds out who calls, and refuses whom the route is not for. Opens `event.input`, since it is the
 * first to know anything about the request.
 */
export function authenticate(definition: RouteDefinition): MiddlewareObj<HttpEvent> {
  return {
    before: async ({ event }) => {
      event.input = { headers: event.headers } as Input<RouteDefinition>
      if (definition.auth === 'public') return
      const token = BEARER.exec(event.headers.authorization?.trim() ?? '')?.[1]
      if (token === undefined) throw new NotSignedIn()
      // What admins may do is not to be done with a session that nobody can check.
      const user = await verifyAccess(token, { believe: definition.auth === 'user' })
      if (definition.auth === 'admin' && user.role !== 'admin') throw new NotAllowed()
      event.input = { ...event.input, user } as Input<RouteDefinition>
    },
  }
}
