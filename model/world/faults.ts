import type { Random } from './random.ts'

export const UPSTREAMS = ['redis', 'database', 'sqs', 'wechat'] as const
export type Upstream = (typeof UPSTREAMS)[number]

/**
 * What becomes of a call:
 * - `refused`: it never arrives; `lost`: it is carried out, its answer never comes;
 * - `late`: as refused, and carried out some time later;
 * - `crash`, `crash after`: the container stops for ever, before the call is carried out or after.
 */
export type Fate = 'ok' | 'refused' | 'lost' | 'late' | 'crash' | 'crash after' | 'deadlock'

/** What a seed's world is plagued by. Each seed has some of the plagues: see docs/model.md. */
export type Plagues = {
  /** Share of calls that an upstream does not answer. */
  unanswered: Record<Upstream, number>
  /** Share of calls at which the container stops. */
  crashes: number
  /** Share of statements that wait for a lock and end as the victim of a deadlock. */
  deadlocks: number
  /** Share of calls that take long before they arrive: meanwhile everybody else goes on. */
  stalls: number
  /** Share of deliveries that come twice. */
  duplicates: number
  /** How often Redis loses all that it has. */
  losses: number
  /** How often an upstream is away for a while. */
  outages: number
  /** How far the clocks of containers are from each other at most, in milliseconds. */
  skewMillis: number
}

/** Until when an upstream is away, in the world's time, and whether only some containers don't reach it. */
export type Outage = { until: number; some: boolean }

/** Leaves plagues out by chance: bugs hide behind those that end everything before they show. */
export function plaguesOf(random: Random): Plagues {
  const sometimes = (most: number) => (random.chance(0.5) ? random.next() * most : 0)
  const [redis, database, sqs, wechat] = UPSTREAMS.map(() => sometimes(0.15)) as [
    number,
    number,
    number,
    number,
  ]
  return {
    unanswered: { redis, database, sqs, wechat },
    crashes: sometimes(0.04),
    deadlocks: sometimes(0.3),
    stalls: sometimes(0.2),
    duplicates: sometimes(0.6),
    losses: random.chance(0.25) ? 1 + random.below(2) : 0,
    outages: random.chance(0.4) ? 1 + random.below(2) : 0,
    skewMillis: random.chance(0.5) ? 3_000 : 0,
  }
}

/** Decides what becomes of each call. Faults are numbered, so that a seed can be run without some. */
export class Faults {
  readonly #plagues: Plagues
  readonly #random: Random
  readonly #without: ReadonlySet<number>
  readonly #away = new Map<Upstream, Outage>()
  #calls = 0
  /** The numbers of those that struck. */
  readonly struck: number[] = []
  /** Set at the end, when everything is to come to rest. */
  over = false

  constructor(plagues: Plagues, random: Random, without: ReadonlySet<number> = new Set()) {
    this.#plagues = plagues
    this.#random = random
    this.#without = without
  }

  /** An upstream is away from now on. */
  outage(upstream: Upstream, outage: Outage): void {
    this.#away.set(upstream, outage)
  }

  /** @param container whose call it is, by its number */
  of(upstream: Upstream, now: number, container: number): Fate {
    const draw = this.#random.next()
    const kind = this.#random.next()
    const number = ++this.#calls
    if (this.over) return 'ok'
    const away = this.#away.get(upstream)
    if (away !== undefined && now < away.until && !(away.some && container % 2 === 0)) {
      return 'refused'
    }
    const { crashes, unanswered } = this.#plagues
    const share = unanswered[upstream]
    if (draw >= crashes + share || this.#without.has(number)) return 'ok'
    this.struck.push(number)
    if (draw < crashes) return kind < 0.5 ? 'crash' : 'crash after'
    return kind < 0.4 ? 'lost' : kind < 0.7 ? 'refused' : 'late'
  }

  deadlock(): boolean {
    return !this.over && this.#random.chance(this.#plagues.deadlocks)
  }

  /** @returns how long a call takes before it arrives, in milliseconds: now and then very long */
  delay(): number {
    if (this.over || !this.#random.chance(this.#plagues.stalls)) return 0
    return 10 ** (1 + this.#random.next() * 3.5)
  }

  duplicate(): boolean {
    return !this.over && this.#random.chance(this.#plagues.duplicates)
  }
}
