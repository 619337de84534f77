import type { RedisClient } from '../redis/client.ts'
import { describeError, log } from '../telemetry/log.ts'

/** Where a job that goes through much has come to, so that its next run goes on there. */
export type Progress = {
  /** @returns what was kept; undefined where the job is to begin at the beginning */
  read(): Promise<string | undefined>
  /** @param at where to go on; undefined where all has been gone through */
  keep(at: string | undefined): Promise<void>
}

/** Seconds after which a job that did not run begins at the beginning. */
const KEPT_SECONDS = 86_400

/** Kept in Redis: lost, or while Redis is away, the job begins anew, which does no harm. */
export function createProgress(redis: RedisClient, job: string): Progress {
  const key = `job:progress:${job}`
  const forgive = (error: unknown) => {
    log.warn('where a job has come to is not known', { job, error: describeError(error) })
    return null
  }
  return {
    read: async () => (await redis.get<string>(key).catch(forgive)) ?? undefined,
    keep: async (at) => {
      const command = at === undefined ? ['DEL', key] : ['SET', key, at, 'EX', KEPT_SECONDS]
      await redis.send(command).catch(forgive)
    },
  }
}
