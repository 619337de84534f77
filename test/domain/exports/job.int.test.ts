import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createExports, keyOf } from '../../../shared/domain/exports/exports.ts'
import {
  createExportJob,
  type ExportJobDeps,
  MAX_TRIES,
} from '../../../shared/domain/exports/job.ts'
import type { RunData } from '../../../shared/domain/exports/messages.ts'
import type { ExportFormat } from '../../../shared/domain/exports/schemas.ts'
import {
  createDatabase,
  type Database,
  type Queryable,
} from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { type Bucket, openBucket } from '../../../shared/platform/files/bucket.ts'
import { PermanentError } from '../../../shared/platform/jobs/job.ts'
import type { OutboxRow } from '../../../shared/platform/outbox/outbox.ts'
import { insertOrders, memoryBucket } from '../../support/exports.ts'

const FROM = Date.UTC(2001, 0, 1)
const TO = Date.UTC(2001, 0, 2)
const COUNT = 120
/** A page and a part for each few orders, so that there is much that can go wrong. */
const SMALL = { pageOrders: 10, partBytes: 1 }

let real: Database
let replica: Queryable
let ids: string[]
const memory = memoryBucket()

/** Messages that are committed, and not yet delivered. */
const due: { data: RunData; delaySeconds: number }[] = []
/** In memory: the table is shared with tests that empty it. */
const pending = new WeakMap<Queryable, OutboxRow[]>()
const outbox: ExportJobDeps['outbox'] = {
  async add(tx, rows) {
    pending.get(tx)?.push(...rows)
  },
  deliver: async (rows) => rows.length,
}
const database: Database = {
  query: (statement) => real.query(statement),
  write: (statement) => real.write(statement),
  async transaction(work) {
    let rows: OutboxRow[] = []
    const result = await real.transaction((tx) => {
      rows = []
      pending.set(tx, rows)
      return work(tx)
    })
    for (const { message, delaySeconds } of rows) {
      due.push({ data: message.data as RunData, delaySeconds })
    }
    return result
  },
}

const jobWith = (over: Partial<ExportJobDeps> = {}) =>
  createExportJob({ database, replica, outbox, bucket: memory.bucket, ...SMALL, ...over })
const exportsWith = (bucket: Bucket) => createExports({ database, outbox, bucket, urlMinutes: 5 })

let asked = 0
/** Asks for a day's orders; each time as another admin, so that it is another export. */
async function ask(format: ExportFormat = 'ndjson', from = FROM, to = TO): Promise<string> {
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()]
  const request = { kind: 'orders', from: first, to: last, format } as const
  asked++
  return (await exportsWith(memory.bucket).create(request, `${asked}`)).id
}
const view = (id: string) => exportsWith(memory.bucket).view(id)
const next = () => {
  const message = due.shift()
  if (message === undefined) throw new Error('no message is due')
  return message
}
/** Delivers all that is due, and what comes of it. */
async function finish(job = jobWith()): Promise<void> {
  while (due.length > 0) await job.run(next().data)
}
/** As if the claim of a delivery that died were old. */
const expire = (id: string) =>
  real.write(sql`UPDATE exports SET claimed_until = ${new Date(0)} WHERE id = ${id}`)
const textOf = (id: string) =>
  gunzipSync(memory.files.get(keyOf(id)) ?? Buffer.alloc(0)).toString('utf8')
type Line = { orderId: string; items: unknown[] }
const linesOf = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
const idsIn = (id: string) => linesOf(textOf(id)).map(({ orderId }) => orderId)

beforeAll(async () => {
  const { databaseUrl = '', databaseReplicaUrl = '' } = inject('endpoints')
  real = createDatabase(databaseUrl)
  replica = createDatabase(databaseReplicaUrl)
  ids = await insertOrders(real, COUNT, FROM)
})
beforeEach(() => {
  due.length = 0
})

describe('an export', () => {
  it('holds exactly the orders of its time, in both formats', async () => {
    const [json, csv] = [await ask('ndjson'), await ask('csv')]
    expect(await view(json)).toMatchObject({ state: 'pending', rows: 0, percent: 0 })
    await finish()
    expect(idsIn(json)).toEqual(ids)
    const lines = parse<Record<string, string>>(textOf(csv), { bom: true, columns: true })
    expect(lines.map(({ orderId }) => orderId)).toEqual(ids.flatMap((id) => [id, id]))
    expect(lines.map(({ skuId }) => skuId)).toEqual(ids.flatMap(() => ['1', '2']))
    expect(await view(json)).toMatchObject({ state: 'done', rows: COUNT, percent: 100 })
    expect(await view(csv)).toMatchObject({ state: 'done', rows: 2 * COUNT, percent: 100 })
  })

  it('begins with its first moment and ends before its last', async () => {
    const id = await ask('ndjson', FROM + 10_000, FROM + 20_000)
    await finish()
    expect(idsIn(id)).toEqual(ids.slice(10, 20))
  })

  it('of a time without orders is a file without lines', async () => {
    const [json, csv] = [await ask('ndjson', 0, 1), await ask('csv', 0, 1)]
    await finish()
    expect(textOf(json)).toBe('')
    expect(textOf(csv)).toMatch(/^\ufefforderId,.*\r\n$/)
    expect(await view(csv)).toMatchObject({ state: 'done', rows: 0 })
  })

  it('asked for again is the same one while it is being done, and another one after', async () => {
    const [from, to] = [new Date(FROM).toISOString(), new Date(TO).toISOString()]
    const request = { kind: 'orders', from, to, format: 'csv' } as const
    const { create } = exportsWith(memory.bucket)
    const four = await Promise.all(['x', 'x', 'x', 'x'].map(() => create(request, '1000')))
    expect(new Set(four.map(({ id }) => id)).size).toBe(1)
    expect(due).toHaveLength(1)
    expect(await create({ ...request, format: 'ndjson' }, '1000')).not.toEqual(four[0])
    expect(await create(request, '1001')).not.toEqual(four[0])
    await finish()
    expect(await create(request, '1000')).not.toEqual(four[0])
  })

  it('tells its file’s address only as long as the file is kept', async () => {
    const id = await ask()
    await finish()
    expect((await view(id)).url).toBe(`memory:${keyOf(id)}`)
    const longAgo = new Date(Date.now() - 8 * 86_400_000)
    await real.write(sql`UPDATE exports SET updated_at = ${longAgo} WHERE id = ${id}`)
    expect((await view(id)).url).toBeUndefined()
  })

  it('that is not there can never succeed', async () => {
    const lost = { exportId: '01KB2Z5GJ9QW8X4V7T3N6M2R1E', run: 1 }
    await expect(jobWith().run(lost)).rejects.toThrow(PermanentError)
  })
})

describe('a run whose time is up', () => {
  it('hands over to the next, which goes on after the last part', async () => {
    const id = await ask()
    const percents: number[] = []
    for (let runs = 1; due.length > 0; runs++) {
      let pages = 0
      const { data } = next()
      expect(data.run).toBe(runs)
      await jobWith({ stop: () => ++pages >= 3 }).run(data)
      percents.push((await view(id)).percent)
    }
    expect(percents.length).toBeGreaterThan(3)
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    expect(idsIn(id)).toEqual(ids)
  })

  it('is not woken by a message that comes twice', async () => {
    const id = await ask()
    const { data } = next()
    await jobWith({ stop: () => true }).run(data)
    await jobWith().run(data)
    expect(await view(id)).toMatchObject({ state: 'running' })
    await finish()
    await jobWith().run(data)
    expect(idsIn(id)).toEqual(ids)
  })
})

describe('a delivery that dies', () => {
  /** Lets a number of calls through, and none after: a process that was killed. */
  function mortal(calls: number, afterEffect: boolean): Partial<ExportJobDeps> {
    let left = calls
    const passing =
      <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        left--
        if (left < 0 && !(afterEffect && left === -1)) throw new Error('killed')
        const result = await call(...args)
        if (left < 0) throw new Error('killed')
        return result
      }
    const dying = <Target extends object>(target: Target): Target =>
      Object.fromEntries(
        Object.entries(target).map(([name, call]) => [name, passing(call)]),
      ) as Target
    return {
      bucket: dying(memory.bucket),
      replica: dying({ query: replica.query, write: replica.write }),
      database: {
        ...dying({ query: database.query, write: database.write }),
        transaction: passing((work) =>
          database.transaction((tx) => {
            const dyingTx = dying({ ...tx })
            pending.set(dyingTx, pending.get(tx) ?? [])
            return work(dyingTx)
          }),
        ),
      } as Database,
    }
  }

  it('anywhere, any number of times, doubles no order and loses none', async () => {
    const deaths = fc.array(
      fc.record({
        calls: fc.nat(60),
        afterEffect: fc.boolean(),
        pages: fc.integer({ min: 2, max: 9 }),
      }),
      // One run after them has to get through before the export has failed.
      { maxLength: MAX_TRIES - 1 },
    )
    await fc.assert(
      fc.asyncProperty(deaths, fc.constantFrom('csv', 'ndjson'), async (plan, format) => {
        due.length = 0
        const id = await ask(format)
        const left = [...plan]
        while (due.length > 0) {
          const message = next()
          const death = left.shift()
          if (death === undefined) {
            await jobWith().run(message.data)
            continue
          }
          let pages = 0
          const stop = () => ++pages >= death.pages
          const job = jobWith({ ...mortal(death.calls, death.afterEffect), stop })
          const survived = await job.run(message.data).then(
            () => true,
            () => false,
          )
          // SQS delivers it again, and the relay sends what was committed.
          if (!survived) due.unshift(message)
          await expire(id)
        }
        expect(await view(id)).toMatchObject({ state: 'done' })
        if (format === 'ndjson') expect(idsIn(id)).toEqual(ids)
        else {
          const lines = parse<{ orderId: string }>(textOf(id), { bom: true, columns: true })
          expect(lines.map(({ orderId }) => orderId)).toEqual(ids.flatMap((each) => [each, each]))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is waited for, and then given up; and an export fails that no delivery survives', async () => {
    const id = await ask()
    const { data } = next()
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      await expect(jobWith(mortal(8, false)).run(data)).rejects.toThrow('killed')
      await expect(jobWith().run(data)).rejects.toThrow('another delivery')
      await expire(id)
    }
    await jobWith().run(data)
    expect(await view(id)).toMatchObject({ state: 'failed', reason: expect.any(String) })
    expect(due).toEqual([])
  })
})

describe('two deliveries at once', () => {
  it('write one file: one of them is turned away', async () => {
    const id = await ask()
    const { data } = next()
    const outcomes = await Promise.allSettled([jobWith().run(data), jobWith().run(data)])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(idsIn(id)).toEqual(ids)
  })

  it('of which one wakes up late: its part replaces none, and it changes nothing any more', async () => {
    const id = await ask()
    const { data } = next()
    const asleep = Promise.withResolvers<void>()
    const fell = Promise.withResolvers<void>()
    let puts = 0
    const sleepy: Bucket = {
      ...memory.bucket,
      async put(...part) {
        if (++puts === 3) {
          fell.resolve()
          await asleep.promise
        }
        return memory.bucket.put(...part)
      },
    }
    const late = jobWith({ bucket: sleepy }).run(data)
    await fell.promise
    await expire(id)
    let pages = 0
    await jobWith({ stop: () => ++pages === 4 }).run(data)
    const before = await view(id)
    asleep.resolve()
    await expect(late).rejects.toThrow('taken over')
    expect(await view(id)).toEqual(before)
    await finish()
    expect(idsIn(id)).toEqual(ids)
  })
})

describe('what an export needs', () => {
  const away = (over: Partial<Bucket>): Partial<ExportJobDeps> => ({
    bucket: { ...memory.bucket, ...over },
  })
  const down = () => Promise.reject(Unavailable.because('s3', new Error('down')))

  it('and is away is waited for, longer and longer; then the export has failed and is cleared away', async () => {
    const uploads = memory.uploads.size
    const id = await ask()
    const delays: number[] = []
    while (due.length > 0) {
      const { data, delaySeconds } = next()
      delays.push(delaySeconds)
      await jobWith(away({ put: down })).run(data)
    }
    expect(delays).toEqual([0, 30, 60, 120])
    const { state, reason, url } = await view(id)
    expect([state, url]).toEqual(['failed', undefined])
    expect(reason).toBe('something that it needs did not answer')
    expect(memory.uploads.size).toBe(uploads)
  })

  it('and is away now and then ends no export that goes on in between', async () => {
    const id = await ask()
    while (due.length > 0) {
      let puts = 0
      const put: Bucket['put'] = (...part) => (++puts === 2 ? down() : memory.bucket.put(...part))
      await jobWith(away({ put })).run(next().data)
    }
    expect(idsIn(id)).toEqual(ids)
  })

  it('is the replica, once it has what was there when the export was asked for', async () => {
    let looks = 0
    const tables = new Set<string>()
    const lagging: Queryable = {
      ...replica,
      async query(statement) {
        const [, table = ''] = /FROM (\w+)/.exec(statement.sql) ?? []
        tables.add(table)
        return table === 'exports' && ++looks < 3 ? [] : replica.query(statement)
      },
    }
    const id = await ask()
    await finish(jobWith({ replica: lagging }))
    expect(looks).toBe(3)
    expect([...tables]).toEqual(['exports', 'orders', 'order_items'])
    expect(idsIn(id)).toEqual(ids)
  })

  it('is the primary where the replica is away', async () => {
    const gone: Queryable = { query: down, write: down }
    const id = await ask()
    await finish(jobWith({ replica: gone }))
    expect(idsIn(id)).toEqual(ids)
  })
})

it('goes through S3 in parts of 5 MiB, also where a part was uploaded and not saved', async () => {
  const from = Date.UTC(2002, 0, 1)
  const many = await insertOrders(real, 16_000, from)
  const bucket = openBucket(inject('env').EXPORT_BUCKET ?? '')
  const id = await ask('ndjson', from, from + 86_400_000)
  const { data } = next()
  const big = { pageOrders: 1000, partBytes: 5 * 1024 * 1024, bucket }
  const unsaved: Database = {
    ...database,
    write: (statement) =>
      statement.sql.includes('part_no')
        ? Promise.reject(Unavailable.because('database', new Error('down')))
        : database.write(statement),
  }
  await jobWith({ ...big, database: unsaved }).run(data)
  expect(await view(id)).toMatchObject({ state: 'running', rows: 0 })
  await finish(jobWith(big))
  const [row] = await real.query<{ parts: { number: number }[] }>(
    sql`SELECT parts FROM exports WHERE id = ${id}`,
  )
  // The first number belongs to the part that nobody saved.
  expect(row?.parts.map(({ number }) => number)).toEqual([2, 3])
  const response = await fetch((await exportsWith(bucket).view(id)).url ?? '')
  expect(response.headers.get('content-disposition')).toBe(
    'attachment; filename="orders-2002-01-01-2002-01-02.ndjson"',
  )
  // fetch unpacks it, as a browser does.
  expect(linesOf(await response.text()).map(({ orderId }) => orderId)).toEqual(many)
})
