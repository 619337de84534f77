import { deepEqual, equal } from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { bundleOf } from '../../local/lib/bundle.ts'
import { type Containers, startContainers } from '../../local/lib/containers.ts'
import type { Message } from '../../shared/platform/queue/message.ts'
import { benchCase } from '../harness/case.ts'
import { collected, startFarSes } from './mail/far-ses.ts'

const SES_MILLIS = 50
/** As in infra/functions/jobs.yml: containers at once, and recipients in a message. */
const CONTAINERS = 2
const SLICE = 50
const SLICES = 4
/** The most that the setting takes, so that SES's latency is what limits. */
const MAIL_RATE = '10000'
const ENTRIES = {
  'one call per mail': './mail/one-by-one.ts',
  'in bulk': '../../functions/jobs/email.ts',
}
const MAIL = {
  subject: '双十一：全场八折',
  html: `<html><body><h1>全场八折</h1><p>${'桃子、茶叶和手账，今晚八点开始。'.repeat(40)}</p></body></html>`,
  text: '全场八折，今晚八点开始。',
}

const eventOf = (message: Message) =>
  ({
    Records: [{ messageId: message.id, body: JSON.stringify(message), attributes: {} }],
  }) as unknown as SQSEvent

export default benchCase({
  id: 'mail',
  title: 'E-mail',
  compares:
    `The email job on messages of ${SLICE} recipients each, in ${CONTAINERS} containers as it is deployed, with ` +
    `SES ${SES_MILLIS} ms away: SendBulkEmail against the same job with one SendEmail per mail. MAIL_RATE is at ` +
    `${Number(MAIL_RATE).toLocaleString('en-US')} a second, so that it does not limit.`,
  async run({ services, dir, compare, progress, table, chart, target }) {
    const { env, endpoints } = await services()
    const { createCampaigns } = await import('../../shared/domain/campaigns/campaigns.ts')
    const { database } = await import('../../shared/platform/database/database.ts')
    const messages: Message[] = []
    const campaigns = createCampaigns({
      database: database(),
      // The messages go to our containers instead of the queue.
      outbox: {
        add: async () => undefined,
        deliver: async (rows) => messages.push(...rows.map(({ message }) => message)),
      },
    })
    const ses = await startFarSes(endpoints.ses, SES_MILLIS)
    const started: Containers[] = []

    async function sideOf(name: string, entry: string) {
      progress(`bundling ${name}`)
      const { url } = await bundleOf(fileURLToPath(new URL(entry, import.meta.url)), { dir })
      const containers = await startContainers({
        ...{ url, count: CONTAINERS },
        env: { ...env, MAIL_RATE, AWS_ENDPOINT_URL_SESV2: ses.url, LOG_LEVEL: 'error' },
      })
      started.push(containers)
      let id = ''
      return {
        name,
        async before() {
          messages.length = 0
          const emails = Array.from({ length: SLICE * SLICES }, (_, n) => `r${n}@example.com`)
          id = (await campaigns.create({ ...MAIL, audience: { emails } }, '1')).id
          await collected(endpoints.ses)
        },
        run: () => containers.invoke<SQSBatchResponse>(eventOf(messages.shift() as Message)),
        check: ({ batchItemFailures }: SQSBatchResponse) => deepEqual(batchItemFailures, []),
        async after(slices: number) {
          const { sent, failed } = await campaigns.view(id)
          deepEqual({ sent, failed }, { sent: slices * SLICE, failed: 0 })
          const got = await collected(endpoints.ses)
          equal(got.length, slices * SLICE, 'mails that arrived')
          equal(new Set(got).size, got.length, 'recipients that got one')
        },
      }
    }

    try {
      const sides = []
      for (const [name, entry] of Object.entries(ENTRIES)) sides.push(await sideOf(name, entry))
      const load = { rounds: 5, calls: SLICES, concurrency: CONTAINERS }
      const figures = await compare(`a message of ${SLICE} recipients`, sides, load)
      const perSecond = figures.sides.map(({ ops }) => ops * SLICE)
      const [plain = 0, bulk = 0] = perSecond
      table(
        'recipients a second',
        ['', 'recipients a second', '÷ one call per mail'],
        figures.sides.map(({ name }, at) => [
          ...[name, perSecond[at] ?? 0, `${((perSecond[at] ?? 0) / plain).toFixed(1)} ×`],
        ]),
      )
      chart({
        ...{ id: 'mail', kind: 'bars', title: `Mails, SES ${SES_MILLIS} ms away` },
        value: { label: 'recipients a second' },
        groups: figures.sides.map(({ name }) => name),
        series: [{ name: 'recipients a second', values: perSecond }],
      })
      target({
        ...{ what: 'recipients a second ÷ one call per mail', unit: '×' },
        ...{ measured: bulk / plain, atLeast: 20 },
      })
    } finally {
      for (const containers of started) await containers.stop()
      await ses.stop()
    }
  },
})
