import type { MiddlewareObj } from '@middy/core'
import { Unavailable } from '../../errors/standard.ts'
import { millisLeft } from '../../telemetry/scope.ts'
import type { HttpEvent, RouteDefinition } from '../definition.ts'

/** What a route needs at the least where it does not say, in milliseconds: one call to an upstream. */
export const NEEDS_MILLIS = 200
/**
 * For so long somebody waits for an answer. A request may have waited before it came here: for a new
 * container, or while API Gateway asked again since all were busy.
 */
export const PATIENCE_MILLIS = 15_000

/**
 * Answers 503 at once where the time that is left can't do: work that nobody will see the end of would
 * only keep those waiting who still wait.
 */
export function inTime({
  needsMillis = NEEDS_MILLIS,
}: Pick<RouteDefinition, 'needsMillis'>): MiddlewareObj<HttpEvent> {
  return {
    before: ({ event }) => {
      const since = event.requestContext?.timeEpoch
      const waited = since === undefined ? 0 : Date.now() - since
      const left = Math.floor(Math.min(millisLeft(), PATIENCE_MILLIS - waited))
      if (left >= needsMillis) return
      const cause = new Error(`${left} ms left of ${needsMillis}, after ${waited} ms of waiting`)
      throw Unavailable.because('time', cause)
    },
  }
}
