import * as z from 'zod/mini'
import { verifyAccess } from '../../../shared/platform/auth/access.ts'
import type { Identity } from '../../../shared/platform/auth/identity.ts'
import { NotSignedIn, ValidationFailed } from '../../../shared/platform/errors/standard.ts'
import { problemsOf } from '../../../shared/platform/http/problems.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { currentScope } from '../../../shared/platform/telemetry/scope.ts'
import { USER } from './request.ts'

// What the route of ours does, for frameworks that bring only the way from middleware to middleware.

export const ROUTE = 'GET /api/user/info'

/** The service of all sides. */
export const users = { get: async (_id: string) => USER }

/** @throws NotSignedIn */
export async function identityOf(authorization: string | undefined): Promise<Identity> {
  const token = /^bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization?.trim() ?? '')?.[1]
  if (token === undefined) throw new NotSignedIn()
  return verifyAccess(token)
}

const Query = z.optional(z.strictObject({}))

/** @throws ValidationFailed */
export function checkQuery(query: unknown): void {
  const result = z.safeParse(Query, query)
  if (!result.success) throw ValidationFailed.of(problemsOf(result.error, 'query'))
}

export const traceId = () => currentScope()?.traceId ?? ''
export const envelope = (data: unknown) => ({ code: 0, message: 'ok', data, traceId: traceId() })

/** One line per request. @returns the value of the header Server-Timing */
export function logRequest(startedAt: number, status: number, userId: string | undefined): string {
  const durationMs = Math.round((performance.now() - startedAt) * 100) / 100
  log.info('request', { method: 'GET', route: '/api/user/info', status, userId, durationMs })
  return `app;dur=${durationMs}`
}
