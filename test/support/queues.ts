import { randomUUID } from 'node:crypto'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, inject } from 'vitest'
import { queuesOf } from '../../local/aws/resources.ts'
import { AWS_CLIENT } from '../../local/aws/sqs.ts'
import { ROOT } from '../../local/root.ts'

/**
 * The template's queues, for one test file alone: others send to those of the run. Call it at the top, before
 * anything reads its settings.
 * @param over attributes that all of them have instead
 */
export function ownQueues(over: Record<string, string> = {}) {
  const stage = `own-${randomUUID().slice(0, 8)}`
  const endpoint = inject('endpoints').sqs ?? ''
  const urlOf = (name: string) => `${endpoint}/000000000000/minimall-${stage}-${name}`
  process.env.QUEUE_URL_PREFIX = urlOf('')
  const sqs = new SQSClient({ ...AWS_CLIENT, endpoint })
  const specs = queuesOf(ROOT, stage)
  beforeAll(async () => {
    for (const { name, attributes } of specs) {
      const Attributes = { ...attributes, ...over }
      await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))
    }
  })
  afterAll(() => sqs.destroy())
  return { sqs, specs, urlOf }
}
