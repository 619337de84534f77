import type { LinkFault } from '../links/proxy.ts'
import type { Random } from '../random.ts'
import { ALL_LINKS, type AnyLink, type Stand } from '../stand.ts'

/** One way to hurt the shop. Its chances are drawn when it is planned, so that a seed repeats them. */
export type Fault = {
  name: string
  /** Seconds for which everything must have been well before it. */
  calmSeconds?: number
  /** Seconds for which it lasts in a run that has the time for it. */
  longSeconds?: number
  /** Seconds that its end takes, about. */
  recoverySeconds?: number
  begin(stand: Stand): Promise<void> | void
  end(stand: Stand): Promise<void> | void
}

const ENGINES = ['primary', 'replica', 'redis', 'sqs'] as const
const LABELS: Record<(typeof ENGINES)[number], string> = {
  primary: 'database primary',
  replica: 'replica',
  redis: 'Redis',
  sqs: 'SQS and S3',
}

/** The local SQS server is S3, too. */
const kills = (): Fault[] => [
  ...ENGINES.map((engine) => ({
    name: `${LABELS[engine]} killed`,
    begin: (stand: Stand) => stand.services.engines[engine].kill(),
    end: (stand: Stand) => stand.services.engines[engine].start(),
  })),
  {
    name: 'functions killed',
    // All functions are built anew.
    recoverySeconds: 7,
    begin: (stand) => stand.functions.kill(),
    end: (stand) => stand.functions.start(),
  },
]

const redisLost = (): Fault[] => [
  {
    name: 'Redis gone',
    longSeconds: 60,
    begin: (stand) => stand.services.engines.redis.kill(),
    end: (stand) => stand.services.engines.redis.start(),
  },
  {
    name: 'Redis emptied',
    // What is only in Redis by then is an order that SQS did not take: both gone at once is more than
    // the shop promises to survive.
    calmSeconds: 4,
    begin: (stand) => stand.emptyRedis(),
    end: (stand) => stand.services.engines.redis.start(),
  },
]

const messages = (random: Random): Fault[] => {
  const duplicate = random.pick([0.2, 0.5, 1])
  const shuffleSeconds = random.whole(1, 3)
  return [
    {
      name: 'messages doubled',
      begin: (stand) => stand.messages.set({ duplicate }),
      end: (stand) => stand.messages.set({}),
    },
    {
      name: 'messages out of order',
      begin: (stand) => stand.messages.set({ shuffleSeconds }),
      end: (stand) => stand.messages.set({}),
    },
  ]
}

const clocks = (random: Random): Fault[] =>
  [
    ['ahead', 1],
    ['behind', -1],
  ].map(([where, sign]) => {
    const millis = Number(sign) * random.whole(2_000, 60_000)
    return {
      name: `clock ${where}`,
      begin: (stand) => stand.skew(millis),
      end: (stand) => stand.skew(0),
    }
  })

async function wechatFault(stand: Stand, fault: object): Promise<void> {
  const url = `${stand.services.endpoints.wechat}/mock/faults`
  await fetch(url, { method: 'POST', body: JSON.stringify(fault) })
}
/** Faults of the services themselves, beside those of the way to them. */
const others = (random: Random): Fault[] => {
  const errorRate = random.pick([0.3, 0.6, 1])
  const latencyMs = random.whole(200, 2_000)
  return [
    {
      name: 'WeChat failing',
      begin: (stand) => wechatFault(stand, { errorRate }),
      end: (stand) => wechatFault(stand, {}),
    },
    {
      name: 'WeChat slow',
      begin: (stand) => wechatFault(stand, { latencyMs }),
      end: (stand) => wechatFault(stand, {}),
    },
    {
      name: 'SES failing',
      begin: (stand) => stand.set('ses', { kind: 'refuse' }),
      end: (stand) => stand.set('ses', undefined),
    },
    {
      name: 'SES slow',
      begin: (stand) => stand.set('ses', { kind: 'latency', millis: latencyMs }),
      end: (stand) => stand.set('ses', undefined),
    },
  ]
}

function linkFaults(random: Random, link: AnyLink): Fault[] {
  const modes: LinkFault[] = [
    { kind: 'latency', millis: random.pick([30, 100, 400]) },
    { kind: 'reset', share: random.pick([0.1, 0.3, 0.6]) },
    { kind: 'silent' },
    { kind: 'cut', bytes: random.pick([0, 20, 120]) },
    // The engines do not speak HTTP.
    ...(link.endsWith('-engine') ? [] : [{ kind: 'refuse' } as const]),
  ]
  return random.shuffled(modes).map((fault) => ({
    name: `link ${link}: ${fault.kind}`,
    begin: (stand) => stand.set(link, fault),
    end: (stand) => stand.set(link, undefined),
  }))
}

/** What even the shortest run has. */
const FIRST = [
  'functions killed',
  'database primary killed',
  'Redis killed',
  'SQS and S3 killed',
  'Redis emptied',
  'messages doubled',
]

/** @returns all faults, the most important ones first, each kind in an order that the seed decides */
export function catalogue(random: Random): Fault[] {
  const named = [
    ...kills(),
    ...redisLost(),
    ...messages(random),
    ...clocks(random),
    ...others(random),
  ]
  const links = ALL_LINKS.map((link) => linkFaults(random, link))
  const rounds = Array.from({ length: 5 }, (_, at) =>
    random.shuffled(links.flatMap((modes) => modes[at] ?? [])),
  )
  const [first, rest] = [named.filter(isFirst), named.filter((fault) => !isFirst(fault))]
  return [...random.shuffled(first), ...random.shuffled(rest), ...rounds.flat()]
}

const isFirst = ({ name }: Fault) => FIRST.includes(name)
