import { expect, it } from 'vitest'
import { queuesOf, readTemplate } from '../../../local/aws/resources.ts'
import { ROOT } from '../../../local/root.ts'
import { STALE_MILLIS } from '../../../shared/domain/campaigns/slice.ts'

it('takes a delivery for dead after it must be, and before its message comes again', () => {
  const { jobsEmail } = readTemplate(ROOT, 'infra/functions/jobs.yml', 'test') as {
    jobsEmail: { timeout: number }
  }
  const queue = queuesOf(ROOT, 'test').find(({ name }) => name.endsWith('-email'))
  const visibility = Number(queue?.attributes.VisibilityTimeout)
  expect(STALE_MILLIS).toBeGreaterThan(jobsEmail.timeout * 1000)
  expect(STALE_MILLIS).toBeLessThan(visibility * 1000)
})
