import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AWS_CLIENT } from '../../../local/aws/sqs.ts'
import { freePort } from '../../../local/lib/ports.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { ROOT } from '../../../local/root.ts'

let dir: string
let port: number
let server: ChildProcess
let sqs: SQSClient

async function start(): Promise<void> {
  server = spawn(process.execPath, [join(ROOT, 'local/aws/sqs-server.ts'), `${port}`, dir])
  await untilReady('SQS', () => fetch(`http://127.0.0.1:${port}/health`))
}
async function end(signal: NodeJS.Signals): Promise<void> {
  const ended = once(server, 'exit')
  server.kill(signal)
  await ended
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'minimall-sqs-'))
  port = await freePort()
  sqs = new SQSClient({ ...AWS_CLIENT, endpoint: `http://127.0.0.1:${port}` })
  await start()
})
afterEach(async () => {
  await end('SIGTERM')
  sqs.destroy()
  rmSync(dir, { recursive: true, force: true })
})

it('keeps every message that it acknowledged, also when it is killed outright', async () => {
  const QueueUrl = `http://127.0.0.1:${port}/000000000000/kept`
  await sqs.send(new CreateQueueCommand({ QueueName: 'kept' }))
  const bodies = Array.from({ length: 50 }, (_, index) => `message ${index}`)
  for (const MessageBody of bodies)
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  await end('SIGKILL')
  await start()
  const kept: unknown[] = []
  for (let i = 0; i < 10; i++) {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 })
    const { Messages = [] } = await sqs.send(command)
    kept.push(...Messages.map(({ Body }) => Body))
  }
  expect(kept.toSorted()).toEqual(bodies.toSorted())
})

it('has a message that was given back at once, and after a restart', async () => {
  const QueueUrl = `http://127.0.0.1:${port}/000000000000/back`
  await sqs.send(new CreateQueueCommand({ QueueName: 'back' }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }))
  for (let count = 1; count <= 3; count++) {
    if (count === 3) {
      await end('SIGKILL')
      await start()
    }
    const { Messages: [message] = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }),
    )
    expect(message?.Attributes?.ApproximateReceiveCount).toBe(`${count}`)
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    )
  }
})

it('is reached from this machine only', async () => {
  // Another address of this machine: whoever listens on all of them answers here too.
  const socket = connect(port, '127.0.0.2')
  const outcome = await once(socket, 'connect').then(
    () => 'connected',
    () => 'refused',
  )
  socket.destroy()
  expect(outcome).toBe('refused')
})
