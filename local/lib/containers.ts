import { Worker } from 'node:worker_threads'
import type { Call, Outcome, Start } from './container.ts'

export type Containers = {
  /**
   * Sends one request to the container that has been idle longest; waits for one where all are busy.
   * @param exported which function of the module is called, as `(payload, context)`
   * @returns what the function returned, copied as between threads
   * @throws what it threw: name, message, stack and plain properties survive, the class does not
   */
  invoke<T>(payload: unknown, exported?: string): Promise<T>
  /** Sends the same request to every container once: to warm them up, or to read their counters. */
  invokeEach<T>(payload: unknown, exported?: string): Promise<T[]>
  /** Ends all of them, at once, whatever they are doing. */
  stop(): Promise<void>
}

type Options = {
  /** The `file:` URL of a module: a bundle of {@link bundleOf}, which loads faster, or a source file. */
  url: string
  count: number
  /** The whole environment of a container. */
  env: Record<string, string>
  /** Bound of a container's heap, in MB. */
  memoryMb?: number
  /** What `getRemainingTimeInMillis` counts down from at each call. */
  timeoutMillis?: number
  /** `functionName` in the context. */
  name?: string
}

type Task = Call & { resolve(value: unknown): void; reject(error: Error): void }
type Container = {
  worker: Worker
  /** What it is doing; undefined while it is idle. */
  task: Task | undefined
  /** Meant for this container and no other. */
  own: Task[]
}

const STOPPED = 'the containers were stopped'

/**
 * Starts containers as Lambda means them: each with modules of its own, and with one request at a time.
 * They are worker threads, so 50 of them start within seconds and fit on a laptop.
 * @returns when all have loaded the module
 * @throws what the module threw when it was loaded, when all containers are stopped again
 */
export async function startContainers(options: Options): Promise<Containers> {
  const waiting: Task[] = []
  const idle: Container[] = []
  const alive = new Set<Container>()
  let ended: Error | undefined

  function settle(container: Container, outcome: Outcome): void {
    const { task } = container
    container.task = undefined
    if (task === undefined) return
    if ('value' in outcome) task.resolve(outcome.value)
    else task.reject(errorOf(outcome))
  }

  function next(container: Container): void {
    const task = container.own.shift() ?? waiting.shift()
    if (task === undefined) idle.push(container)
    else begin(container, task)
  }

  function begin(container: Container, task: Task): void {
    container.task = task
    const { exported, payload } = task
    container.worker.postMessage({ exported, payload } satisfies Call)
  }

  function bury(container: Container, error: Error): void {
    alive.delete(container)
    const at = idle.indexOf(container)
    if (at >= 0) idle.splice(at, 1)
    const lost = [container.task, ...container.own.splice(0)]
    container.task = undefined
    if (alive.size === 0) lost.push(...waiting.splice(0))
    for (const task of lost) task?.reject(error)
  }

  function start(): Promise<unknown> {
    const { url, env, memoryMb = 96, timeoutMillis = 30_000, name = 'container' } = options
    const worker = new Worker(new URL('container.ts', import.meta.url), {
      workerData: { url, name, timeoutMillis } satisfies Start,
      env,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8 },
    })
    const container: Container = { worker, task: undefined, own: [] }
    alive.add(container)
    const loading = new Promise((resolve, reject) => {
      container.task = { exported: '', payload: undefined, resolve, reject }
    })
    worker.on('message', (outcome: Outcome) => {
      settle(container, outcome)
      next(container)
    })
    worker.on('messageerror', (error) => bury(container, error))
    worker.on('error', (error) => bury(container, error as Error))
    worker.on('exit', () => bury(container, ended ?? new Error('a container ended')))
    return loading
  }

  function submit<T>(call: Call, container?: Container): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const task: Task = { ...call, resolve: resolve as Task['resolve'], reject }
      if (ended !== undefined || alive.size === 0)
        reject(ended ?? new Error('no container is left'))
      else if (container === undefined) {
        const free = idle.shift()
        if (free === undefined) waiting.push(task)
        else begin(free, task)
      } else if (idle.includes(container)) {
        idle.splice(idle.indexOf(container), 1)
        begin(container, task)
      } else container.own.push(task)
    })
  }

  async function stop(): Promise<void> {
    ended ??= new Error(STOPPED)
    await Promise.all([...alive].map(({ worker }) => worker.terminate()))
  }

  const loads = await Promise.allSettled(Array.from({ length: options.count }, start))
  const failed = loads.find((load) => load.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return {
    invoke: (payload, exported = 'handler') => submit({ exported, payload }),
    invokeEach: (payload, exported = 'handler') =>
      Promise.all([...alive].map((container) => submit({ exported, payload }, container))) as never,
    stop,
  }
}

function errorOf({ thrown, facts }: Exclude<Outcome, { value: unknown }>): Error {
  const { name, message, stack } = thrown
  const error = Object.assign(new Error(message), facts)
  Object.defineProperty(error, 'name', { value: name })
  if (stack !== undefined) error.stack = stack
  return error
}
