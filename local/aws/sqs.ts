import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { EngineOptions } from '../engines/engine.ts'
import { keptPort } from '../lib/ports.ts'
import { run } from '../lib/process.ts'
import { type Restartable, restartable } from '../lib/restartable.ts'
import { untilReady } from '../lib/wait.ts'
import type { QueueSpec } from './resources.ts'

export const AWS_CLIENT = {
  region: 'ap-southeast-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

export type AwsServer = Restartable & { endpoint: string; queueUrlPrefix: string }

/**
 * A private SQS and S3 server (fauxqs) with its data in `dir`, with these queues and buckets.
 * Queues that are there already get today's attributes.
 */
export async function startSqs(
  options: EngineOptions & {
    queues: readonly QueueSpec[]
    queuePrefix: string
    buckets?: readonly string[]
  },
): Promise<AwsServer> {
  mkdirSync(options.dir, { recursive: true })
  const port = await keptPort(join(options.dir, 'port'))
  const endpoint = `http://127.0.0.1:${port}`
  const running = await restartable(async () => {
    const service = run({
      command: process.execPath,
      args: [fileURLToPath(new URL('sqs-server.ts', import.meta.url)), `${port}`, options.dir],
      logFile: join(options.dir, 'server.log'),
      onDeath: (how) => options.onDeath?.(`SQS and S3 ended (${how})`),
    })
    try {
      await untilReady('SQS', () => fetch(`${endpoint}/health`), { service })
    } catch (error) {
      await service.stop()
      throw error
    }
    return service
  })
  try {
    await createQueues(endpoint, options.queues)
    await createBuckets(endpoint, options.buckets ?? [])
  } catch (error) {
    await running.stop()
    throw error
  }
  const queueUrlPrefix = `${endpoint}/000000000000/${options.queuePrefix}`
  return { endpoint, queueUrlPrefix, ...running }
}

async function createQueues(endpoint: string, queues: readonly QueueSpec[]): Promise<void> {
  const sqs = new SQSClient({ ...AWS_CLIENT, endpoint })
  for (const { name, attributes } of queues) {
    try {
      await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
    } catch (error) {
      // By the JSON protocol as it is, by the older one with the service before it.
      if (!(error as Error).name.endsWith('QueueNameExists')) throw error
      const QueueUrl = `${endpoint}/000000000000/${name}`
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }))
    }
  }
  sqs.destroy()
}

async function createBuckets(endpoint: string, buckets: readonly string[]): Promise<void> {
  const s3 = new S3Client({ ...AWS_CLIENT, endpoint, forcePathStyle: true })
  for (const Bucket of buckets) {
    await s3
      .send(new HeadBucketCommand({ Bucket }))
      .catch(() => s3.send(new CreateBucketCommand({ Bucket })))
  }
  s3.destroy()
}
