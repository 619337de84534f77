import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, expect, it } from 'vitest'
import { bundleOf } from '../../../local/lib/bundle.ts'
import { type Containers, startContainers } from '../../../local/lib/containers.ts'

const MODULE = `
let calls: number = 0
let busy = 0
let open: (() => void)[] = []
export const handler = async (payload: unknown) => ({ payload, calls: ++calls })
export const overlap = async () => {
  busy++
  await new Promise((resolve) => setImmediate(resolve))
  return busy--
}
export const context = (_: unknown, { functionName, getRemainingTimeInMillis }: any) =>
  ({ functionName, remaining: getRemainingTimeInMillis(), secret: process.env.SECRET, home: process.env.HOME })
export const fail = () => { throw Object.assign(new RangeError('too far'), { code: 40901, inner: {} }) }
export const untold = () => () => undefined
export const leave = () => process.exit(1)
export const hang = () => new Promise(() => setInterval(() => undefined, 1000))
`
const dir = mkdtempSync(join(tmpdir(), 'containers-'))
const source = join(dir, 'module.ts')
writeFileSync(source, MODULE)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let containers: Containers
afterEach(() => containers?.stop())

async function start(count: number, url = pathToFileURL(source).href) {
  containers = await startContainers({ url, count, env: { SECRET: 'x' }, name: 'f' })
  return containers
}

it('gives each container modules of its own, and goes around', async () => {
  const { invoke, invokeEach } = await start(3)
  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await invoke<{ calls: number }>(i))
  expect(answers).toEqual([0, 1, 2, 3, 4, 5].map((i) => ({ payload: i, calls: i < 3 ? 1 : 2 })))
  expect(await invokeEach('all')).toEqual([3, 3, 3].map((calls) => ({ payload: 'all', calls })))
})

it('gives a container one request at a time, and lets the others wait', async () => {
  const { invoke, invokeEach } = await start(2)
  const many = Array.from({ length: 50 }, () => invoke<number>(null, 'overlap'))
  const each = invokeEach<number>(null, 'overlap')
  expect(new Set([...(await Promise.all(many)), ...(await each)])).toEqual(new Set([1]))
})

it('hands on the environment that it is given, nothing else, and a context', async () => {
  const { invoke } = await start(1)
  const { remaining, ...rest } = await invoke<Record<string, number>>(null, 'context')
  expect(rest).toEqual({ functionName: 'f', secret: 'x', home: undefined })
  expect(remaining).toBeGreaterThan(29_000)
})

it('hands on what was thrown, and goes on', async () => {
  const { invoke } = await start(1)
  const thrown = (await invoke(null, 'fail').catch((error) => error)) as Error
  expect(thrown).toBeInstanceOf(Error)
  expect(thrown).toMatchObject({ name: 'RangeError', message: 'too far', code: 40901 })
  expect(thrown.stack).toContain('module.ts')
  await expect(invoke(null, 'untold')).rejects.toMatchObject({ name: 'DataCloneError' })
  await expect(invoke(null, 'nothing')).rejects.toThrow('exports no nothing')
  expect(await invoke(1)).toEqual({ payload: 1, calls: 1 })
})

it('fails the request of a container that ends, and those that no container is left for', async () => {
  const { invoke } = await start(2)
  await expect(invoke(null, 'leave')).rejects.toThrow('a container ended')
  expect(await invoke(1)).toEqual({ payload: 1, calls: 1 })
  const results = await Promise.allSettled([invoke(null, 'leave'), invoke(2)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(invoke(3)).rejects.toThrow('no container is left')
})

it('fails what is under way when it is stopped', async () => {
  const { invoke, stop } = await start(1)
  const under = [invoke(null, 'hang'), invoke(1)].map((call) =>
    call.catch((error) => error.message),
  )
  await stop()
  expect(await Promise.all(under)).toEqual(Array(2).fill('the containers were stopped'))
})

it('does not start with a module that can not be loaded', async () => {
  writeFileSync(join(dir, 'broken.ts'), `throw new SyntaxError('not today')`)
  await expect(start(2, pathToFileURL(join(dir, 'broken.ts')).href)).rejects.toThrow('not today')
})

it('runs bundles made as functions are', async () => {
  writeFileSync(join(dir, 'entry.ts'), `export { handler } from './module.ts'`)
  const { url, bytes } = await bundleOf(join(dir, 'entry.ts'), { dir })
  const { invoke } = await start(1, url)
  expect(await invoke(1)).toEqual({ payload: 1, calls: 1 })
  expect(bytes).toBeLessThan(MODULE.length)
})
