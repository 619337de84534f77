import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { queuesOf, readTemplate } from '../../local/aws/resources.ts'
import { ROOT } from '../../local/root.ts'
import { takesKey } from '../../shared/platform/http/definition.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import type { Job } from '../../shared/platform/jobs/job.ts'
import type { Schedule } from '../../shared/platform/jobs/schedule.ts'
import { QUEUES } from '../../shared/platform/queue/admin.ts'

type FunctionYaml = {
  handler: string
  timeout?: number
  events: {
    httpApi?: '*' | { method: string; path: string }
    sqs?: {
      arn: { 'Fn::GetAtt': [string, string] }
      maximumConcurrency?: number
      functionResponseType?: string
    }
    schedule?: string
  }[]
}

const DEFAULT_TIMEOUT_SECONDS = 10
const files = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .toSorted()

const declared = new Map(
  files('infra/functions', '.yml').flatMap((name) =>
    Object.entries(
      readTemplate(ROOT, `infra/functions/${name}.yml`, 'test') as Record<string, FunctionYaml>,
    ),
  ),
)
const handlers = new Map(
  [...declared.values()].map((entry) => [
    entry.handler.replace(/^functions\/|\.handler$/g, ''),
    entry,
  ]),
)
const load = async (name: string) =>
  (await import(/* @vite-ignore */ join(ROOT, 'functions', `${name}.ts`))) as {
    handler: Route | Job | Schedule
    build: unknown
  }

describe('serverless.yml and the functions', () => {
  it('know the same functions', () => {
    const missing = files('functions', '.ts').filter((name) => !handlers.has(name))
    expect(missing, 'functions that no file in infra/functions/ names').toEqual([])
    const gone = [...handlers.keys()].filter((name) => !files('functions', '.ts').includes(name))
    expect(gone, 'handlers in infra/functions/ that are no file').toEqual([])
    expect(handlers.size).toBe(declared.size)
    const main = readFileSync(join(ROOT, 'serverless.yml'), 'utf8')
    for (const name of files('infra/functions', '.yml')) {
      expect(main, 'serverless.yml').toContain(`infra/functions/${name}.yml`)
    }
  })

  it.each([...handlers])('agree on %s', async (name, { events }) => {
    const { handler, build } = await load(name)
    expect(build).toBeTypeOf('function')
    const { definition } = handler
    expect(events).toHaveLength(1)
    const [event] = events
    if ('path' in definition) {
      const expected =
        definition.path === '$default' ? '*' : { method: definition.method, path: definition.path }
      expect(event?.httpApi).toEqual(expected)
    } else if ('queue' in definition) {
      const [resource] = event?.sqs?.arn['Fn::GetAtt'] ?? []
      const camel = definition.queue.replace(/(^|-)(\w)/g, (_, __, letter: string) =>
        letter.toUpperCase(),
      )
      expect(resource).toBe(`${camel}Queue`)
    } else {
      expect(event?.schedule).toMatch(/^(rate|cron)\(/)
    }
  })

  it('take an Idempotency-Key where they change something, or say why not, and keep no tokens', async () => {
    for (const name of handlers.keys()) {
      const { definition } = (await load(name)).handler
      if (!('path' in definition) || definition.method === 'GET') continue
      if (definition.path === '$default') continue
      const { idempotent, replies } = definition
      if (typeof idempotent === 'object') expect(idempotent.not.length, name).toBeGreaterThan(20)
      else expect(takesKey(definition), name).toBe(true)
      if (!takesKey(definition)) continue
      const answers = JSON.stringify(Object.values(replies).map((reply) => z.toJSONSchema(reply)))
      expect(answers, name).not.toMatch(/token/i)
    }
  })

  it('have a sample event each, of their own route', async () => {
    const samples = files('events', '.json')
    const missing = [...handlers.keys()].filter((name) => !samples.includes(name))
    expect(missing, 'functions without a sample in events/').toEqual([])
    expect(
      samples.filter((name) => !handlers.has(name)),
      'samples of no function',
    ).toEqual([])
    for (const name of handlers.keys()) {
      const { definition } = (await load(name)).handler
      if (!('path' in definition) || definition.path === '$default') continue
      const sample = JSON.parse(readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8'))
      const { method, path } = definition
      const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
      expect(sample.routeKey, `events/${name}.json`).toBe(`${method} ${path}`)
      expect(sample.rawPath, `events/${name}.json`).toMatch(pattern)
      expect(sample.requestContext.http.method, `events/${name}.json`).toBe(method)
    }
  })

  it('know the same queues, each with a dead-letter queue and time enough for its consumer', () => {
    const queues = queuesOf(ROOT, 'test')
    const named = (name: string) => queues.find((queue) => queue.name === `minimall-test-${name}`)
    expect(queues.map(({ name }) => name).toSorted()).toEqual(
      QUEUES.flatMap((name) => [`minimall-test-${name}`, `minimall-test-${name}-dead`]).toSorted(),
    )
    for (const name of QUEUES) {
      const policy = JSON.parse(named(name)?.attributes.RedrivePolicy ?? '{}')
      expect(policy.deadLetterTargetArn, name).toMatch(new RegExp(`minimall-test-${name}-dead$`))
      expect(policy.maxReceiveCount, name).toBeGreaterThanOrEqual(3)
    }
    for (const { events, timeout = DEFAULT_TIMEOUT_SECONDS, handler } of declared.values()) {
      for (const { sqs } of events) {
        if (sqs === undefined) continue
        expect(sqs.functionResponseType, handler).toBe('ReportBatchItemFailures')
        expect(sqs.maximumConcurrency, handler).toBeGreaterThanOrEqual(2)
        const id = sqs.arn['Fn::GetAtt'][0]
          .replace(/Queue$/, '')
          .replace(/(?!^)([A-Z])/g, '-$1')
          .toLowerCase()
        expect(Number(named(id)?.attributes.VisibilityTimeout), handler).toBeGreaterThanOrEqual(
          6 * timeout,
        )
      }
    }
  })
})
