import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTemplate } from '../../local/aws/resources.ts'
import { ROOT } from '../../local/root.ts'
import { KEPT_DAYS } from '../../shared/domain/exports/exports.ts'
import { CLAIM_SECONDS, MAX_TRIES } from '../../shared/domain/exports/job.ts'
import { GIVE_UP_MILLIS } from '../../shared/domain/orders/relay.ts'
import { resolved, type Template } from './resolve.ts'

/** The schedule's name stands in its function. */
const JOBS = readFileSync(join(ROOT, 'functions/jobs/relay.ts'), 'utf8')

type Resource = { Type: string; Properties: Record<string, never> }
const FUNCTIONS = readdirSync(join(ROOT, 'functions'), {
  recursive: true,
  encoding: 'utf8',
}).filter((name) => name.endsWith('.ts')).length

let folder: string
let output: string
let template: Template
let resources: Record<string, Resource>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'minimall-package-'))
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')),
  )
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'local', 'package.ts'), '--stage', 'prod', '--out', folder],
    { cwd: ROOT, env: { ...env, HOME: folder } },
  )
  output = stdout
  template = JSON.parse(
    readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'),
  )
  resources = template.Resources as typeof resources
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const of = (type: string) =>
  Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties as Record<string, unknown>)

describe('npm run package, without AWS credentials', () => {
  it('prints the size of every function and makes a zip of each', () => {
    expect(output.match(/functions\/\S+\s+[\d.]+ KB/g)).toHaveLength(FUNCTIONS)
    expect(readdirSync(folder).filter((name) => name.endsWith('.zip'))).toHaveLength(FUNCTIONS)
  })

  it('runs every function on nodejs24.x and arm64, with a timeout and logs that end', () => {
    const functions = of('AWS::Lambda::Function')
    expect(functions).toHaveLength(FUNCTIONS)
    for (const { Runtime, Architectures, Timeout } of functions) {
      expect([Runtime, Architectures]).toEqual(['nodejs24.x', ['arm64']])
      expect(Timeout).toBeGreaterThanOrEqual(10)
    }
    const groups = of('AWS::Logs::LogGroup').filter(({ LogGroupName }) =>
      String(LogGroupName).startsWith('/aws/lambda/'),
    )
    expect(groups.length).toBeGreaterThanOrEqual(FUNCTIONS)
    for (const { RetentionInDays } of groups) expect(RetentionInDays).toBe(30)
  })

  it('has room: CloudFormation takes 500 resources', () => {
    expect(Object.keys(resources).length).toBeLessThan(480)
  })

  it('listens to queues in parts, with a bound', () => {
    const sources = of('AWS::Lambda::EventSourceMapping')
    expect(sources.length).toBeGreaterThanOrEqual(3)
    for (const source of sources) {
      expect(source.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
      expect(
        (source.ScalingConfig as { MaximumConcurrency: number }).MaximumConcurrency,
      ).toBeGreaterThanOrEqual(2)
    }
  })

  it('has a queue and its dead-letter queue for each, watched by alarms', () => {
    const queues = of('AWS::SQS::Queue')
    const redriven = queues.filter(({ RedrivePolicy }) => RedrivePolicy !== undefined)
    expect(queues).toHaveLength(2 * redriven.length)
    const names = Object.keys(resources)
    for (const id of names.filter((name) => resources[name]?.Properties.RedrivePolicy)) {
      expect(names).toContain(id.replace(/Queue$/, 'DeadLettersAlarm'))
      expect(names).toContain(id.replace(/Queue$/, 'AgeAlarm'))
    }
  })

  it('hears bounces of its own stage only', () => {
    const [rule] = of('AWS::Events::Rule').filter(
      ({ Name }) => Name === 'minimall-prod-mail-bounces',
    )
    expect(rule?.EventPattern).toMatchObject({
      detail: { mail: { tags: { 'ses:configuration-set': ['minimall-prod'] } } },
    })
  })

  it('is a shop in one region, which needs no domain, where no parameter says more', () => {
    const there = resolved(template, 'ap-southeast-1')
    const types = [...there.values()].map(({ Type }) => Type)
    expect(
      types.filter((type) => /Route53|CertificateManager|DomainName|ApiMapping/.test(type)),
    ).toEqual([])
    expect(there.has('ExportBucket')).toBe(true)
    // What names refer to, where there are names.
    expect([there.has('HttpApi'), there.has('HttpApiStage')]).toEqual([true, true])
  })

  it('holds no secret: only the place where functions find them', () => {
    for (const { Environment } of of('AWS::Lambda::Function')) {
      const { Variables } = Environment as { Variables: Record<string, unknown> }
      // How its memory is managed.
      const { NODE_OPTIONS: _, MALLOC_MMAP_THRESHOLD_: __, ...settings } = Variables
      expect(Object.keys(settings).toSorted()).toEqual([
        'EXPORT_BUCKET',
        'EXPORT_BUCKET_REGION',
        'MAIL_CONFIGURATION_SET',
        'QUEUE_URL_PREFIX',
        'SECRETS_PATH',
        'STAGE',
      ])
      expect(Variables.SECRETS_PATH).toBe('/minimall/prod')
    }
  })
})

describe('bulkheads', () => {
  const share = readTemplate(ROOT, 'infra/concurrency.yml', 'prod') as {
    account: number
    shared: number
    database: number
    reserved: Record<string, number>
  }
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
  const keyOf = (name: unknown) => String(name).split('-').at(-1) ?? ''
  const reserved = () =>
    Object.fromEntries(
      of('AWS::Lambda::Function').flatMap(
        ({ FunctionName, ReservedConcurrentExecutions: count }) =>
          count === undefined ? [] : [[keyOf(FunctionName), Number(count)]],
      ),
    )
  type Source = { BatchSize: number; ScalingConfig: { MaximumConcurrency: number } }
  const sources = () =>
    Object.entries(resources)
      .filter(([, { Type }]) => Type === 'AWS::Lambda::EventSourceMapping')
      .map(([id, { Properties }]) => {
        const key = id.replace(/EventSourceMapping.*$/, '')
        return { key: key[0]?.toLowerCase() + key.slice(1), ...(Properties as unknown as Source) }
      })

  it('are as infra/concurrency.yml says, and leave the rest what it asks for', () => {
    expect(reserved()).toEqual(share.reserved)
    const given = sum(Object.values(share.reserved))
    expect(given + share.shared).toBeLessThanOrEqual(share.account)
    // Lambda itself refuses to give away the last hundred.
    expect(share.account - given).toBeGreaterThanOrEqual(100)
  })

  it('give every consumer what its queue may start, and every job of the clock one run', () => {
    for (const { key, ScalingConfig } of sources()) {
      expect(share.reserved[`${key}`], key).toBe(ScalingConfig.MaximumConcurrency)
    }
    const jobs = Object.keys(share.reserved).filter((key) => key.startsWith('jobs'))
    const consumers = sources().map(({ key }) => key)
    expect(
      jobs.filter((key) => !consumers.includes(key)).map((key) => share.reserved[key]),
    ).toEqual(
      of('AWS::Events::Rule').flatMap(({ ScheduleExpression }) => (ScheduleExpression ? [1] : [])),
    )
  })

  it('never ask the database for more connections than it is said to take', () => {
    // A container has one; consumers handle a batch side by side, but the stock job in one transaction.
    const further = sources()
      .filter(({ key }) => key !== 'jobsStock')
      .map(({ BatchSize, ScalingConfig }) => (BatchSize - 1) * ScalingConfig.MaximumConcurrency)
    const schedules = of('AWS::Events::Rule').filter((rule) => rule.ScheduleExpression).length
    expect(share.account + sum(further) + schedules).toBeLessThanOrEqual(share.database)
  })

  it('have an order given up only after its queue has', () => {
    const { VisibilityTimeout, RedrivePolicy } = (resources.StockQueue as Resource)
      .Properties as unknown as {
      VisibilityTimeout: number
      RedrivePolicy: { maxReceiveCount: number }
    }
    expect(GIVE_UP_MILLIS).toBeGreaterThan(VisibilityTimeout * RedrivePolicy.maxReceiveCount * 1000)
  })
})

describe('alarms', () => {
  type Alarm = {
    MetricName: string
    Namespace: string
    Dimensions: { Name: string; Value: unknown }[]
    Period: number
    EvaluationPeriods: number
    ComparisonOperator: string
    TreatMissingData: string
    AlarmActions: unknown[]
  }
  const alarms = () => of('AWS::CloudWatch::Alarm') as unknown as Alarm[]
  const watched = (metric: string) =>
    alarms()
      .filter(({ MetricName }) => MetricName === metric)
      .flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => String(Value).split('-').at(-1)))

  it('reach somebody, and have names of their own', () => {
    for (const { AlarmActions } of alarms()) expect(AlarmActions).toEqual([{ Ref: 'AlarmTopic' }])
  })

  it('watch every job and the checkout for errors, and every bulkhead of theirs for refusals', () => {
    const keys = of('AWS::Lambda::Function').map(({ FunctionName }) =>
      String(FunctionName).split('-').at(-1),
    )
    const jobs = keys.filter((key) => key?.startsWith('jobs'))
    expect(watched('Errors')).toEqual(expect.arrayContaining([...jobs, 'ordersCreate']))
    expect(watched('Throttles')).toEqual(expect.arrayContaining(['ordersCreate', 'jobsStock']))
  })

  it('fire when a job of the clock does not run', () => {
    const rules = Object.entries(resources).filter(
      ([, { Properties }]) => Properties.ScheduleExpression !== undefined,
    )
    const clocked = rules.map(([id]) => id.replace(/EventsRuleSchedule\d+$/, ''))
    expect(
      watched('Invocations')
        .map((key = '') => key[0]?.toUpperCase() + key.slice(1))
        .toSorted(),
    ).toEqual(clocked.toSorted())
    for (const alarm of alarms().filter(({ MetricName }) => MetricName === 'Invocations')) {
      expect([alarm.ComparisonOperator, alarm.TreatMissingData]).toEqual([
        'LessThanThreshold',
        'breaching',
      ])
      // As CloudWatch asks for.
      const seconds = alarm.Period * alarm.EvaluationPeriods
      expect(seconds).toBeLessThanOrEqual(alarm.Period < 3600 ? 86_400 : 604_800)
    }
  })

  it('count log lines that stand in the code', () => {
    const code = readdirSync(join(ROOT, 'shared'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(ROOT, 'shared', name), 'utf8'))
      .join('')
    const filters = of('AWS::Logs::MetricFilter')
    expect(filters.length).toBeGreaterThan(5)
    for (const { FilterPattern } of filters) {
      const [, value = ''] = /= "(.+)" }$/.exec(String(FilterPattern)) ?? []
      expect(code + JOBS, value).toContain(`'${value}'`)
    }
  })
})

describe('exported files', () => {
  const below = (limit: number) => expect.toSatisfy((value: number) => value < limit)

  it('are private, encrypted, and gone when the shop says so; so is what was given up', () => {
    expect(resources.ExportBucket?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      LifecycleConfiguration: {
        Rules: [
          { Status: 'Enabled', ExpirationInDays: KEPT_DAYS },
          { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } },
        ],
      },
    })
  })

  it('are within reach of the functions that write and sign them, and of no other', () => {
    const role = (name: string) => JSON.stringify(resources[name]?.Properties)
    expect(role('ExportsRole')).toContain('s3:PutObject')
    expect(role('IamRoleLambdaExecution')).not.toContain('s3:')
    const allowed = of('AWS::Lambda::Function')
      .filter(({ Role }) => JSON.stringify(Role).includes('ExportsRole'))
      .map(({ FunctionName }) => FunctionName)
    expect(allowed.toSorted()).toEqual(['minimall-prod-exportsView', 'minimall-prod-jobsExport'])
  })

  it('are claimed for longer than a run can last', () => {
    expect(resources.JobsExportLambdaFunction?.Properties).toMatchObject({
      Timeout: below(CLAIM_SECONDS),
    })
  })

  it('have failed before their message is set aside', () => {
    expect(resources.ExportQueue?.Properties).toMatchObject({
      RedrivePolicy: { maxReceiveCount: MAX_TRIES + 1 },
    })
  })
})
