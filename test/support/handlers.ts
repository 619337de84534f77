import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { AWS_CLIENT } from '../../local/aws/sqs.ts'
import { bodyOf, type Listening, listen } from '../../local/lib/http.ts'
import { ROOT } from '../../local/root.ts'
import { type EventSource, startEventSource } from '../../local/serverless/event-source.ts'
import type { Route } from '../../shared/platform/http/route.ts'
import type { Job } from '../../shared/platform/jobs/job.ts'
import { contextOf, eventOf } from './context.ts'

const JOB_MILLIS = 60_000

async function allHandlers(): Promise<(Route | Job)[]> {
  const folder = join(ROOT, 'functions')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const modules = await Promise.all(
    files
      .filter((name) => name.endsWith('.ts'))
      .map(
        (name) =>
          import(/* @vite-ignore */ join(folder, name)) as Promise<{ handler: Route | Job }>,
      ),
  )
  return modules.map(({ handler }) => handler)
}

export type Call = (request: {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
}) => Promise<Response>

/** The functions without API Gateway and serverless-offline: handlers are called, queues are polled. */
export async function startHandlers(
  env: Record<string, string>,
): Promise<{ call: Call; stop(): Promise<void> }> {
  const handlers = await allHandlers()
  const routes = handlers.filter((handler): handler is Route => 'path' in handler.definition)
  const sqs = new SQSClient({ ...AWS_CLIENT, endpoint: env.AWS_ENDPOINT_URL_SQS ?? '' })
  const sources: EventSource[] = handlers
    .filter((handler): handler is Job => 'queue' in handler.definition)
    .map((job) =>
      startEventSource({
        sqs,
        queueUrl: `${env.QUEUE_URL_PREFIX}${job.definition.queue}`,
        queueArn: `arn:aws:sqs:test:000000000000:${job.definition.queue}`,
        region: 'test',
        batchSize: 10,
        batchingWindow: 0,
        concurrency: 2,
        reportBatchItemFailures: true,
        invoke: (event) => job(event as never, contextOf(JOB_MILLIS)),
        onError: (message) => console.error(message),
      }),
    )

  const call: Call = async ({ method, path, headers, body }) => {
    const url = new URL(path, 'http://test')
    const { route, params } = match(routes, method, url.pathname)
    const query = Object.fromEntries(url.searchParams)
    const event = eventOf({
      headers,
      ...(body === undefined ? {} : { body }),
      ...(Object.keys(query).length === 0 ? {} : { query }),
      ...(Object.keys(params).length === 0 ? {} : { params }),
    })
    event.requestContext = { http: { sourceIp: '127.0.0.1' } } as typeof event.requestContext
    const result = await route(event as APIGatewayProxyEventV2, contextOf())
    const bytes = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8')
    return new Response(bytes.length === 0 ? null : bytes, {
      status: result.statusCode ?? 200,
      headers: result.headers as Record<string, string>,
    })
  }
  return {
    call,
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()))
      sqs.destroy()
    },
  }
}

/** The handlers over HTTP, for those who call us: WeChat Pay's notices. */
export function serveHandlers(call: Call, port: number): Promise<Listening> {
  return listen((request, response) => {
    const answer = async () => {
      const body = (await bodyOf(request)).toString('utf8')
      const { method = 'GET', url: path = '/' } = request
      const headers = request.headers as Record<string, string>
      const reply = await call({ method, path, headers, ...(body === '' ? {} : { body }) })
      response.writeHead(reply.status, Object.fromEntries(reply.headers))
      response.end(Buffer.from(await reply.arrayBuffer()))
    }
    answer().catch((error) => response.destroy(error))
  }, port)
}

/** What API Gateway does: finds the route of a path, and the values in it. */
function match(routes: Route[], method: string, path: string) {
  for (const route of routes) {
    if (route.definition.method !== method) continue
    const pattern = route.definition.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')
    const found = new RegExp(`^${pattern}$`).exec(path)
    if (found !== null) return { route, params: { ...found.groups } }
  }
  const fallback = routes.find(({ definition }) => definition.path === '$default')
  if (fallback === undefined) throw new Error('there is no $default route')
  return { route: fallback, params: {} }
}
