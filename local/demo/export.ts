import type { Client } from '../../client/src/index.ts'
import { expect, step, until } from './steps.ts'

const HOUR_MILLIS = 3_600_000

/** Exports the orders of the last hour, and fetches the file as a spreadsheet would get it. */
export async function exportOrders(admin: Client): Promise<void> {
  const { url = '', rows } = await step(
    'an admin exports the orders of the last hour',
    async () => {
      const now = Date.now()
      const [from, to] = [now - HOUR_MILLIS, now].map((time) => new Date(time).toISOString())
      const body = { kind: 'orders', format: 'csv', from: from ?? '', to: to ?? '' } as const
      const params = await admin.request('POST /api/admin/exports', { body })
      const done = await until(
        async () => {
          const view = await admin.request('GET /api/admin/exports/{id}', { params })
          show(`  ${view.percent} %, ${view.rows} lines`)
          return view
        },
        ({ state }) => state === 'done' || state === 'failed',
      )
      expect(done.state === 'done', done.reason ?? 'failed')
      return [`${done.rows} lines`, done]
    },
  )
  await step('fetch the file', async () => {
    const answer = await fetch(url)
    expect(answer.ok, `answered ${answer.status}`)
    const [header = '', ...lines] = (await answer.text()).trimEnd().split('\r\n')
    expect(lines.length === rows, `${lines.length} lines`)
    const [, name] =
      /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '') ?? []
    return [`${name}, ${lines.length} lines of ${header.split(',').length} columns`, undefined]
  })
}

/** Says how far it is, where somebody watches; the step's own line takes its place. */
function show(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`${text}\r`)
}
