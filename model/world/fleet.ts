import type { Code, Start } from '../container/bundle.ts'
import { type Engines, NoAnswer } from '../container/engines.ts'
import type { Answer, Database, Session } from '../engines/database.ts'
import { uncommented } from '../engines/dialect.ts'
import type { Queues } from '../engines/queues.ts'
import type { Redis } from '../engines/redis.ts'
import type { Wechat } from '../engines/wechat.ts'
import type { Faults, Upstream } from './faults.ts'
import { globalsOf } from './globals.ts'
import { type Random, randomOf } from './random.ts'
import type { Schedule } from './schedule.ts'

/** What became of an invocation. */
export type Outcome<T> = { value: T } | { error: unknown } | { crashed: true }

type Container = {
  name: number
  code: Code
  lives: boolean
  busy: boolean
  /** When its invocation began. */
  begun: number
  sessions: Set<Session>
  /** Told when it stops. */
  end: () => void
}

export type Servers = { redis: Redis; database: Database; queues: Queues; wechat: Wechat }

const MOST_CONTAINERS = 3
/**
 * An invocation that goes on for so long is ended, in milliseconds. It was told that it has less time, but
 * it may be frozen for a while without noticing.
 */
const LONGEST_MILLIS = 45_000
const NEVER = new Promise<never>(() => {})

/** The containers: each runs one invocation at a time, and stops where chance wants it to. */
export class Fleet {
  readonly #start: Start
  readonly #schedule: Schedule
  readonly #random: Random
  readonly #faults: Faults
  readonly #skewMillis: number
  readonly #servers: Servers
  #containers: Container[] = []
  #names = 0
  /** Invocations under way. */
  running = 0
  crashes = 0
  /** What an engine of the model does not know: no outage, but the end of the story. */
  unknown: Error | undefined

  constructor(
    start: Start,
    world: { schedule: Schedule; random: Random; faults: Faults; skewMillis: number },
    servers: Servers,
  ) {
    this.#start = start
    this.#schedule = world.schedule
    this.#random = world.random
    this.#faults = world.faults
    this.#skewMillis = world.skewMillis
    this.#servers = servers
  }

  /** Runs one invocation in a container that is free. @param work as it ends, so does the invocation */
  async invoke<T>(label: string, work: (code: Code) => Promise<T>): Promise<Outcome<T>> {
    await this.#free(label)
    const container = this.#take()
    this.#schedule.note(() => `  in container #${container.name}`)
    container.busy = true
    container.begun = this.#schedule.now()
    this.running++
    const outcome = await new Promise<Outcome<T>>((resolve) => {
      container.end = () => resolve({ crashed: true })
      work(container.code).then(
        (value) => resolve({ value }),
        (error) => resolve({ error }),
      )
    })
    this.running--
    container.busy = false
    this.#schedule.note(() => `#${container.name} ${label}: ${told(outcome)}`)
    return outcome
  }

  #free = (label: string) =>
    new Promise<void>((resolve) => {
      const ready = () =>
        this.#containers.length < MOST_CONTAINERS || this.#containers.some(({ busy }) => !busy)
      this.#schedule.add({ label, ready, run: resolve })
    })

  #take(): Container {
    const free = this.#containers.filter(({ busy }) => !busy)
    const room = this.#containers.length < MOST_CONTAINERS
    if (free.length > 0 && !(room && this.#random.chance(0.2))) return this.#random.pick(free)
    const container = this.#create()
    this.#containers.push(container)
    return container
  }

  #create(): Container {
    const name = ++this.#names
    const container = {
      name,
      lives: true,
      busy: false,
      sessions: new Set(),
      end() {},
    } as unknown as Container
    const globals = globalsOf({
      name,
      schedule: this.#schedule,
      random: randomOf(this.#random.below(2 ** 31)),
      engines: this.#enginesOf(container),
      skew: (this.#random.next() - 0.5) * 2 * this.#skewMillis,
      lives: () => container.lives,
      log: (line) => this.#schedule.note(`  #${name} log ${line.trim()}`),
    })
    container.code = this.#start(globals)
    return container
  }

  #kill(container: Container): void {
    container.lives = false
    this.crashes++
    this.#containers = this.#containers.filter((other) => other !== container)
    for (const session of container.sessions) this.#disconnect(session)
    container.end()
  }

  /** The database sees in its own time that a client is gone. */
  #disconnect(session: Session): void {
    this.#schedule.add({
      label: 'the database ends what a lost client left open',
      run: () => this.#servers.database.rollback(session),
    })
  }

  #settle<T>(effect: () => T, resolve: (value: T) => void = () => undefined): void {
    try {
      resolve(effect())
    } catch (error) {
      this.unknown ??= error as Error
    }
  }

  /** One call to an upstream: a step, of which chance decides what becomes of it. */
  #call<T>(
    container: Container,
    upstream: Upstream,
    label: () => string,
    effect: () => T,
  ): Promise<T> {
    if (!container.lives) return NEVER
    return new Promise((resolve, reject) => {
      const run = () => {
        if (!container.lives) {
          if (this.#random.chance(0.5)) this.#settle(effect)
          return
        }
        const now = this.#schedule.now()
        const fate =
          now - container.begun > LONGEST_MILLIS
            ? 'crash'
            : this.#faults.of(upstream, now, container.name)
        if (fate !== 'ok') this.#schedule.note(`  !! ${fate}`)
        switch (fate) {
          case 'ok':
            return this.#settle(effect, resolve)
          case 'refused':
            return reject(new NoAnswer(false))
          case 'lost':
            this.#settle(effect)
            return reject(new NoAnswer(true))
          case 'late':
            this.#schedule.add({
              label: () => `(late) ${label()}`,
              run: () => this.#settle(effect),
            })
            return reject(new NoAnswer(true))
          case 'crash after':
            this.#settle(effect)
            return this.#kill(container)
          default:
            return this.#kill(container)
        }
      }
      const step = { label: () => `#${container.name} ${label()}`, run }
      const delay = this.#faults.delay()
      if (delay > 0) this.#schedule.after(delay, step)
      else this.#schedule.add(step)
    })
  }

  #enginesOf(container: Container): Engines {
    const { redis, database, queues, wechat } = this.#servers
    return {
      session: () => {
        const session = database.session()
        return session
      },
      statement: (session, text, values) => this.#statement(container, session, text, values),
      http: (url, headers, body) => {
        if (url.startsWith('http://redis')) {
          const command = (JSON.parse(body) as (string | number)[]).map(String)
          return this.#call(
            container,
            'redis',
            () => `redis ${shown(command)}`,
            () => answerOf(() => redis.serve(command)),
          )
        }
        const action = String(headers['X-Amz-Target'] ?? headers['x-amz-target']).replace(
          /^\w+\./,
          '',
        )
        return this.#call(
          container,
          'sqs',
          () => `sqs ${action} ${body.slice(0, 160)}`,
          () => ({
            status: 200,
            body: queues.run(action, JSON.parse(body)),
          }),
        )
      },
      wechat: (label, ask) =>
        this.#call(
          container,
          'wechat',
          () => `wechat ${label}`,
          () => ask(wechat),
        ),
    }
  }

  async #statement(
    container: Container,
    session: Session,
    text: string,
    values: readonly unknown[],
  ): Promise<Exclude<Answer, 'waits'>> {
    const { database } = this.#servers
    container.sessions.add(session)
    const statement = uncommented(text)
    const label = () => `sql ${statement.replace(/\s+/g, ' ').trim().slice(0, 140)}`
    // What arrives after its transaction has ended is refused.
    const within = session.open
    const execute = (): Answer =>
      within && !session.open ? { errno: 1105 } : database.execute(session, statement, values)
    for (;;) {
      let answer: Answer
      try {
        answer = await this.#call(container, 'database', label, execute)
      } catch (error) {
        // Its transaction stands open on the server, if it was in one.
        this.#disconnect(session)
        throw error
      }
      if (answer !== 'waits') {
        if (!session.open) container.sessions.delete(session)
        return answer
      }
      this.#schedule.note('  waits for a lock')
      if (session.open && this.#faults.deadlock()) {
        database.rollback(session)
        return { errno: 1213 }
      }
      await this.#unlocked(container, session)
    }
  }

  #unlocked = (container: Container, session: Session) =>
    new Promise<void>((resolve) => {
      this.#schedule.add({
        label: `#${container.name} a lock is free`,
        ready: () => !container.lives || !this.#servers.database.locked(session),
        run: resolve,
      })
    })
}

/** Redis's answers as Upstash gives them: what it refuses comes as an answer. */
function answerOf(run: () => unknown) {
  try {
    return { status: 200, body: { result: run() } }
  } catch (error) {
    return { status: 400, body: { error: (error as Error).message } }
  }
}

const shown = ([name, ...args]: string[]) =>
  (name === 'EVALSHA' || name === 'EVAL' ? [name, ...args.slice(1)] : [name, ...args])
    .join(' ')
    .slice(0, 200)

function told(outcome: Outcome<unknown>): string {
  if ('crashed' in outcome) return 'CRASHED'
  if ('error' in outcome)
    return `threw ${(outcome.error as Error)?.name}: ${(outcome.error as Error)?.message}`
  return `returned ${JSON.stringify(outcome.value)?.slice(0, 200)}`
}
