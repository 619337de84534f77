import { PermanentError } from '../jobs/job.ts'
import { WechatRefused } from './errors.ts'

/**
 * Makes a call for a job, and turns WeChat's refusals into what they mean for the message.
 * @returns what the call did, or the code for which it was in vain though nothing is to be mended:
 *   either way the message is done
 * @throws PermanentError where somebody has to mend something first: dead-letter queue, redrive after
 *   that; anything else is to be tried again
 */
export async function settled<T>(
  call: () => Promise<T>,
): Promise<{ done: T; dropped?: undefined } | { done?: undefined; dropped: number }> {
  try {
    return { done: await call() }
  } catch (error) {
    if (!(error instanceof WechatRefused)) throw error
    if (error.remedy === 'drop') return { dropped: error.errcode }
    throw error.remedy === 'mend' ? new PermanentError(error.message) : error
  }
}
