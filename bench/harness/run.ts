import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commit } from '../../local/lib/machine.ts'
import type { Progress } from '../../local/lib/progress.ts'
import { plainTable } from '../../local/lib/table.ts'
import { ROOT } from '../../local/root.ts'
import { startServices } from '../../local/stack.ts'
import { setLogLevel } from '../../shared/platform/telemetry/log.ts'
import type { BenchCase, BenchContext, BenchServices } from './case.ts'
import { compare } from './compare.ts'
import { type CaseReport, isMet } from './report.ts'
import { tableOf } from './text.ts'

/** Few users and one address make more requests here than a shop would let them. */
const LOADED = { LIMIT_FACTOR: '1000' }

export type Run = {
  /** @throws where a check failed, or anything else did */
  measure(benchCase: BenchCase): Promise<CaseReport>
  stop(): Promise<void>
}

/** Makes what the cases of one run share: a folder, and services when the first one asks for them. */
export function startRun({ quick, progress }: { quick: boolean; progress: Progress }): Run {
  mkdirSync(join(ROOT, '.local'), { recursive: true })
  const dir = mkdtempSync(join(ROOT, '.local', 'bench-'))
  let starting: Promise<BenchServices> | undefined

  async function services(): Promise<BenchServices> {
    const started = await startServices({
      dir: join(dir, 'services'),
      progress: (step) => progress.show(`starting services: ${step}`),
      onDeath: (what) => progress.say(`minimall: ${what} though nobody stopped it`),
    })
    Object.assign(started.env, LOADED)
    Object.assign(process.env, started.env, { LOG_LEVEL: 'error' })
    setLogLevel('error')
    const { database, replica, redis } = started.bridges
    return {
      ...started,
      setLatency(latency) {
        database.faults.set({ latencyMs: latency.database ?? 0 })
        replica.faults.set({ latencyMs: latency.database ?? 0 })
        redis.faults.set({ latencyMs: latency.redis ?? 0 })
      },
    }
  }

  async function measure({ id, title, compares, run }: BenchCase): Promise<CaseReport> {
    const began = performance.now()
    const report: CaseReport = {
      ...{ id, title, compares, date: new Date().toISOString(), commit: commit(), seconds: 0 },
      ...{ comparisons: [], tables: [], charts: [], targets: [], notes: [] },
    }
    const show = (step: string, share?: number) => progress.show(`${id}: ${step}`, share)
    const context: BenchContext = {
      quick,
      dir: mkdtempSync(join(dir, `${id}-`)),
      services: () => {
        starting ??= services()
        return starting
      },
      async compare(what, sides, options = {}) {
        const asked = quick ? smallest(options) : options
        const compared = await compare(what, sides, asked, (share) => show(what, share))
        const { of: _, ...comparison } = compared
        report.comparisons.push(comparison)
        progress.say(plainTable(tableOf(comparison)))
        return compared
      },
      progress: show,
      table(heading, columns, rows) {
        report.tables.push({ title: heading, columns, rows })
        progress.say(plainTable({ title: heading, columns, rows }))
      },
      chart: (chart) => void report.charts.push(chart),
      target: (target) => void report.targets.push({ ...target, met: isMet(target) }),
      note: (sentence) => void report.notes.push(sentence),
    }
    progress.say(`\n${title} (${id})\n${compares}`)
    try {
      await run(context)
    } finally {
      const started = await starting?.catch(() => undefined)
      started?.setLatency({})
    }
    for (const note of report.notes) progress.say(`\n${note}`)
    report.seconds = Math.round((performance.now() - began) / 100) / 10
    return report
  }

  async function stop(): Promise<void> {
    const started = await starting?.catch(() => undefined)
    await started?.stop()
    rmSync(dir, { recursive: true, force: true })
  }

  return { measure, stop }
}

/** One round in which everybody that there is at once does one thing. */
function smallest({ calls = 1, concurrency = 1 }: { calls?: number; concurrency?: number }) {
  return { rounds: 1, calls: Math.min(calls, concurrency), concurrency }
}
