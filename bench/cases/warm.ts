import { deepEqual, equal } from 'node:assert/strict'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { benchCase } from '../harness/case.ts'
import { eventOf, lambdaContext, USER } from './warm/request.ts'
import { muted } from './warm/sink.ts'

const CALLS = 500

export default benchCase({
  id: 'warm',
  title: 'The HTTP stack',
  compares:
    'GET /api/user/info as a warm container answers it, with a token that it remembers and a user who ' +
    'is there in memory, against a handler that does nothing but answer.',
  async run({ services, compare, target }) {
    await services()
    const { openSession } = await import('../../shared/platform/auth/sessions.ts')
    const { signAccess } = await import('../../shared/platform/auth/access.ts')
    const { build } = await import('../../functions/users/info.ts')
    const { sessionId } = await openSession(USER.id, 'bench')
    const token = await signAccess({ id: USER.id, role: 'user', sessionId })

    const bare = async () => ({
      statusCode: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ code: 0, message: 'ok', data: USER }),
    })
    const ours = build({ get: async () => USER })
    const check = ({ statusCode, body }: APIGatewayProxyStructuredResultV2) => {
      equal(statusCode, 200)
      const { code, data } = JSON.parse(body ?? '')
      deepEqual({ code, data }, { code: 0, data: USER })
    }
    const sides = [
      { name: 'bare handler', lines: 0, handle: bare },
      { name: 'our stack', lines: 1, handle: ours },
    ].map(({ name, lines, handle }) => ({
      name,
      ...muted(lines),
      check,
      run: () => handle(eventOf(token), lambdaContext()),
    }))
    const figures = await compare('a request', sides, { rounds: 40, calls: CALLS })
    // Of the mean, which unlike the median has the collector's work in it.
    const meanMicros = (name: string) => 1_000_000 / figures.of(name).ops
    const ownMicros = (name: string) => meanMicros(name) - meanMicros('bare handler')
    target({
      what: 'own time of the HTTP stack per request',
      measured: ownMicros('our stack'),
      unit: 'µs',
      atMost: 50,
    })
  },
})
