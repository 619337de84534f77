import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { AWS_CLIENT, startSqs } from '../../../local/aws/sqs.ts'

it("gives queues that are kept from an earlier start today's attributes", async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-sqs-'))
  const started = async (VisibilityTimeout: string) => {
    const queues = [{ name: 'kept', attributes: { VisibilityTimeout } }]
    const { endpoint, queueUrlPrefix, stop } = await startSqs({ dir, queues, queuePrefix: '' })
    const sqs = new SQSClient({ ...AWS_CLIENT, endpoint })
    try {
      const QueueUrl = `${queueUrlPrefix}kept`
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })
      return (await sqs.send(command)).Attributes?.VisibilityTimeout
    } finally {
      sqs.destroy()
      await stop()
    }
  }
  try {
    expect(await started('30')).toBe('30')
    expect(await started('180')).toBe('180')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
