import { deepEqual, equal } from 'node:assert/strict'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { benchCase } from '../harness/case.ts'
import { eventOf, lambdaContext, USER } from './warm/request.ts'
import { muted } from './warm/sink.ts'

const [BARE, OURS, LIMITED, EXPRESS, HONO] = [
  ...[
    'bare handler',
    'our stack',
    'our stack, limits counted',
    'Express, serverless-express',
    'Hono, its Lambda adapter',
  ],
] as const

type Answer = APIGatewayProxyStructuredResultV2
type Handle = (event: APIGatewayProxyEventV2, context: Context) => Promise<Answer>

/** Nothing but the answer itself. */
const bare: Handle = async () => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ code: 0, message: 'ok', data: USER, traceId: '' }),
})

function isUser({ statusCode, body }: Answer): void {
  equal(statusCode, 200)
  const { code, data } = JSON.parse(body ?? '')
  deepEqual({ code, data }, { code: 0, data: USER })
}

function isComplete(answer: Answer): void {
  isUser(answer)
  const { 'x-trace-id': trace = '', 'server-timing': took } = answer.headers ?? {}
  equal(trace, eventOf('').headers['x-trace-id'])
  equal(JSON.parse(answer.body ?? '').traceId, trace)
  equal(typeof took, 'string')
}

const calling = (handle: Handle, token: string) => () => handle(eventOf(token), lambdaContext())

export default benchCase({
  id: 'warm',
  title: 'The HTTP stack',
  compares:
    'GET /api/user/info in a warm container: deadline and trace id, an access token that the container ' +
    'remembers, validation, envelope and the line of the access log (made, not written), with a user ' +
    'who is there in memory. The same work in Express behind @codegenie/serverless-express and in ' +
    'Hono behind its Lambda adapter, and a handler that does nothing but answer. None of the others ' +
    'counts limits, so ours is measured without and with it.',
  async run({ services, compare, table, chart, target, note }) {
    await services()
    const { openSession } = await import('../../shared/platform/auth/sessions.ts')
    const { signAccess, verifyAccess } = await import('../../shared/platform/auth/access.ts')
    const { tokenKeys } = await import('../../shared/platform/auth/keys.ts')
    const { jwtVerify } = await import('jose')
    const { build } = await import('../../functions/users/info.ts')
    const { route } = await import('../../shared/platform/http/route.ts')
    const { users } = await import('./warm/work.ts')
    const express = await import('./warm/express.ts')
    const hono = await import('./warm/hono.ts')
    const { sessionId } = await openSession(USER.id, 'bench')
    const token = await signAccess({ id: USER.id, role: 'user', sessionId })

    const limited = build(users)
    const { limit: _, ...definition } = limited.definition
    const unlimited = route(definition, (input) => users.get(input.user?.id ?? ''))
    const stacks = [
      { name: OURS, handle: unlimited },
      { name: LIMITED, handle: limited },
      { name: EXPRESS, handle: express.handler },
      { name: HONO, handle: hono.handler },
    ]
    for (const { handle } of stacks) {
      const { statusCode, body } = await handle(eventOf('no-token-of-ours'), lambdaContext())
      deepEqual([statusCode, JSON.parse(body ?? '').code], [401, 40101])
    }
    const figures = await compare(
      'a request',
      [
        { name: BARE, check: isUser, ...muted(0), run: calling(bare, token) },
        ...stacks.map(({ name, handle }) => ({
          ...{ name, check: isComplete, ...muted(1), run: calling(handle, token) },
        })),
      ],
      { rounds: 60, calls: 500 },
    )
    // By the rate: the median of single requests leaves out most of what the garbage collector takes.
    const meanMicros = (name: string) => 1_000_000 / figures.of(name).ops
    const own = stacks.map(({ name }) => ({ name, micros: meanMicros(name) - meanMicros(BARE) }))
    const ownOf = (name: string) => own.find((one) => one.name === name)?.micros ?? Number.NaN
    table(
      'own time of a request: a second ÷ requests a second, less that of the bare handler',
      ['', 'own time', `÷ ${OURS}`],
      own.map(({ name, micros }) => [
        ...[name, `${micros.toFixed(1)} µs`, `${(micros / ownOf(OURS)).toFixed(1)} ×`],
      ]),
    )
    chart({
      ...{ id: 'warm', kind: 'bars', title: 'Own time of the HTTP stack per request' },
      value: { label: 'microseconds' },
      groups: own.map(({ name }) => name),
      series: [{ name: 'own time', values: own.map(({ micros }) => micros) }],
    })
    target({
      ...{ what: 'own time of the HTTP stack per request', unit: 'µs' },
      ...{ measured: ownOf(OURS), atMost: 50 },
    })
    target({
      ...{ what: 'own time of the HTTP stack ÷ that of serverless-express', unit: '×' },
      ...{ measured: ownOf(OURS) / ownOf(EXPRESS), atMost: 0.25 },
    })

    const { verifying } = await tokenKeys()
    await compare(
      'an access token',
      [
        {
          name: 'checked by jose',
          run: async () => (await jwtVerify(token, verifying)).payload.sub,
          check: (id) => equal(id, USER.id),
        },
        {
          name: 'remembered',
          run: async () => (await verifyAccess(token)).id,
          check: (id) => equal(id, USER.id),
        },
      ],
      { rounds: 40, calls: 200 },
    )
    note(
      'Ours asks Redis every four seconds whether the session still lives; that call is in its p99, ' +
        'and in the mean.',
    )
  },
})
