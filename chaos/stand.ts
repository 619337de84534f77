import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../local/lib/ports.ts'
import {
  type Api,
  LINKS,
  type Link,
  type Services,
  startApi,
  startServices,
} from '../local/stack.ts'
import { type MessageProxy, startMessageProxy } from './links/messages.ts'
import { type LinkFault, type LinkProxy, startProxy } from './links/proxy.ts'
import type { Random } from './random.ts'

/** The links of the stack, and that from WeChat's stand-in to the API. */
export const ALL_LINKS = [...LINKS, 'notices'] as const
export type AnyLink = Link | 'notices'

/** The real local stack, private to one run, with its weak points within reach. */
export type Stand = {
  dir: string
  services: Services
  port: number
  functions: {
    /** When the API's process was being killed, or not yet there again: milliseconds of `now`. */
    readonly downs: { from: number; to: number }[]
    kill(): Promise<void>
    start(): Promise<void>
    /** Whether it ended though nobody had killed it. */
    readonly died: string | undefined
  }
  set(link: AnyLink, fault: LinkFault | undefined): void
  messages: MessageProxy
  /** Sets the functions' clock off. */
  skew(millis: number): void
  /** Calls a function by its key in serverless.yml, as a schedule would. @throws where it fails */
  invoke(key: string): Promise<unknown>
  /** Kills Redis and throws its data away. */
  emptyRedis(): Promise<void>
  stop(): Promise<void>
}

/**
 * @param options.dir a folder of its own
 * @param options.settings of the functions, beside those of the stack
 */
export async function startStand(options: {
  dir: string
  random: Random
  settings: Record<string, string>
  /** Of every queue, in place of those in infra/queues.yml. */
  visibilitySeconds: number
  progress: (step: string) => void
  signal: AbortSignal
}): Promise<Stand> {
  const { dir, progress, signal } = options
  const port = await freePort()
  const proxies = new Map<AnyLink, LinkProxy>()
  const extras: { stop(): Promise<void> }[] = []
  const clockFile = join(dir, 'clock')
  let messages: MessageProxy | undefined

  async function through(link: AnyLink, target: number): Promise<number> {
    const proxy = await startProxy(target, options.random.fork(link).next)
    proxies.set(link, proxy)
    extras.push(proxy)
    return proxy.port
  }
  /** Addresses of the stack all have the form …127.0.0.1:PORT… */
  async function via(link: Link, url: string): Promise<string> {
    let target = Number(/127\.0\.0\.1:(\d+)/.exec(url)?.[1])
    if (link === 'sqs') {
      messages = await startMessageProxy(url, options.random.fork('messages').next)
      extras.push(messages)
      target = messages.port
    }
    return url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${await through(link, target)}`)
  }

  const stopExtras = () => Promise.all(extras.map((extra) => extra.stop()))
  const services = await startServices({
    dir,
    progress,
    signal,
    apiUrl: `http://127.0.0.1:${await through('notices', port)}`,
    via,
    queues: ({ name, attributes }) => ({
      name,
      attributes: { ...attributes, VisibilityTimeout: `${options.visibilitySeconds}` },
    }),
  }).catch(async (error: unknown) => {
    await stopExtras()
    throw error
  })
  writeFileSync(clockFile, '0')
  const env = {
    ...services.env,
    ...options.settings,
    CHAOS_CLOCK_FILE: clockFile,
    NODE_OPTIONS: `--import ${fileURLToPath(new URL('clock.ts', import.meta.url))}`,
  }

  const downs: { from: number; to: number }[] = []
  let api: Api | undefined
  let died: string | undefined
  async function start(): Promise<void> {
    const running = await startApi({ dir, port, env, signal })
    api = running
    void running.service.exited.then((how) => {
      if (api === running) died = how
    })
    const down = downs.at(-1)
    if (down?.to === Number.POSITIVE_INFINITY) down.to = performance.now()
  }
  async function kill(): Promise<void> {
    const running = api
    api = undefined
    downs.push({ from: performance.now(), to: Number.POSITIVE_INFINITY })
    await running?.service.kill()
  }
  async function stop(): Promise<void> {
    const running = api
    api = undefined
    await running?.stop()
    await services.stop()
    await stopExtras()
  }
  try {
    await start()
    progress('functions')
  } catch (error) {
    await stop()
    throw error
  }
  if (messages === undefined) throw new Error('unreachable')

  return {
    dir,
    services,
    port,
    functions: {
      downs,
      kill,
      start,
      get died() {
        return died
      },
    },
    set: (link, fault) => proxies.get(link)?.set(fault),
    messages,
    skew: (millis) => writeFileSync(clockFile, `${millis}`),
    async invoke(key) {
      const url = `${api?.lambdaUrl}/2015-03-31/functions/minimall-local-${key}/invocations`
      const answer = await fetch(url, { method: 'POST', body: '{}' })
      const said = await answer.text()
      if (!answer.ok || answer.headers.has('x-amz-function-error')) {
        throw new Error(`${key}: ${answer.status} ${said.slice(0, 200)}`)
      }
      return said
    },
    async emptyRedis() {
      await services.engines.redis.kill()
      rmSync(join(dir, 'redis', 'appendonlydir'), { recursive: true, force: true })
    },
    stop,
  }
}
