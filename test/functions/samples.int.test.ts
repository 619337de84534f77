import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../local/root.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import type { Tokens } from '../../shared/domain/auth/schemas.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import type { Job } from '../../shared/platform/jobs/job.ts'
import { contextOf } from '../support/context.ts'

const samples = readdirSync(join(ROOT, 'events'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))
const textOf = (name: string) => readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8')
const isMessage = (name: string) => textOf(name).includes('"aws:sqs"')
const isRequest = (name: string) => textOf(name).includes('"routeKey"')

async function handlerOf<Handler>(name: string): Promise<Handler> {
  const { handler } = await import(/* @vite-ignore */ join(ROOT, 'functions', `${name}.ts`))
  return handler as Handler
}

/** What `npm run invoke` asks its user to do: real tokens in the places of the samples'. */
function signedIn(text: string, { accessToken, refreshToken }: Tokens): APIGatewayProxyEventV2 {
  return JSON.parse(
    text.replace('ACCESS_TOKEN', accessToken).replace('REFRESH_TOKEN', refreshToken),
  )
}

describe('the sample event', () => {
  // A session for each, since some of them end it.
  it.each(samples.filter(isRequest))('of %s is a good request', async (name) => {
    const tokens = await auth().login(`mock:admin:${randomUUID()}`, 'samples')
    const route = await handlerOf<Route>(name)
    const { statusCode, body } = await route(signedIn(textOf(name), tokens), contextOf())
    // A sample may name what is not there, but never in the wrong form. WeChat's signature no sample has.
    const wanted = name.endsWith('notify') ? [401] : [404, 409]
    expect(statusCode, body).toSatisfy((status: number) => status < 400 || wanted.includes(status))
  })

  it.each(samples.filter(isMessage))('of %s is a message that the job takes', async (name) => {
    const job = await handlerOf<Job>(name)
    const result = await job(JSON.parse(textOf(name)) as SQSEvent, contextOf())
    expect(result).toEqual({ batchItemFailures: [] })
  })
})
