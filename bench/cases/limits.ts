import { ok } from 'node:assert/strict'
import { join } from 'node:path'
import { bundleOf } from '../../local/lib/bundle.ts'
import { startContainers } from '../../local/lib/containers.ts'
import { ROOT } from '../../local/root.ts'
import { limits } from '../../shared/domain/limits.ts'
import { benchCase } from '../harness/case.ts'
import { offer } from './limits/offer.ts'

/** As far away as Upstash in the same region, in milliseconds. */
const LATENCY = { redis: 1 }
const CONTAINERS = 20
const SECONDS = 10
const SMALL = { perSecond: 20, burst: 20 }

export default benchCase({
  id: 'limits',
  title: 'Limits',
  compares:
    "Requests through the real HTTP stack in 20 containers at a steady rate: at twice the shop's limit of " +
    'orders, alone and with a limit for each of 5,000 addresses besides; at half of it; and at twice a ' +
    'limit of 20 a second. Redis is 1 ms away.',
  async run({ quick, dir, services, progress, table, target, note }) {
    const { setLatency, bridges, env } = await services()
    const { shop = SMALL } = limits.createOrder
    const seconds = quick ? 0.2 : SECONDS
    const loads = [
      { exported: 'orders', what: 'twice the limit', rate: shop, times: 2 },
      { exported: 'addresses', what: 'twice the limit, and addresses', rate: shop, times: 2 },
      { exported: 'half', what: 'half of the limit, and addresses', rate: shop, times: 0.5 },
      { exported: 'small', what: 'twice a small limit', rate: SMALL, times: 2 },
    ]
    const { url } = await bundleOf(join(ROOT, 'bench/cases/limits/container.ts'), { dir })
    const containers = await startContainers({
      ...{ url, count: quick ? 4 : CONTAINERS, memoryMb: 64 },
      env: { ...env, LOG_LEVEL: 'error', LIMIT_FACTOR: '1' },
    })
    const rows: string[][] = []
    try {
      await containers.invokeEach({ version: '2.0', headers: {}, isBase64Encoded: false }, 'warm')
      setLatency(LATENCY)
      for (const { exported, what, rate, times } of loads) {
        progress(what)
        const before = bridges.redis.calls()
        const perSecond = rate.perSecond * times
        const offered = await offer(containers, exported, { perSecond, seconds })
        const { accepted, refused } = offered
        const allowed = rate.burst + rate.perSecond * offered.seconds
        const calls = (bridges.redis.calls() - before) / accepted
        ok(accepted <= allowed, `${what}: ${accepted} passed of ${allowed} that may`)
        rows.push([
          ...[what, `${Math.round((accepted + refused) / offered.seconds)}`, `${accepted}`],
          ...[`${Math.floor(allowed)}`, (accepted / allowed).toFixed(3), calls.toFixed(3)],
        ])
        const [unit, share] = ['', accepted / allowed]
        if (times > 1)
          target({ what: `accepted ÷ allowed, ${what}`, measured: share, unit, atMost: 1 })
        if (rate === SMALL) continue
        if (times > 1)
          target({ what: `accepted ÷ allowed, ${what}`, measured: share, unit, atLeast: 0.97 })
        target({
          what: `Redis calls per accepted request, ${what}`,
          measured: calls,
          unit,
          atMost: 0.1,
        })
      }
    } finally {
      setLatency({})
      await containers.stop()
    }
    table(
      `${quick ? 4 : CONTAINERS} containers`,
      ['', 'offered a second', 'accepted', 'allowed', 'accepted ÷ allowed', 'Redis calls each'],
      rows,
    )
    note(
      'Allowed is the burst and what comes back in the time that it took. That no more passes is checked ' +
        'each time, and proved for simulated containers in test/platform/limits/limiter.test.ts.',
    )
  },
})
