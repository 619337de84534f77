import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { handler as health } from '../../functions/ops/health.ts'
import { ROOT } from '../../local/root.ts'
import { resolved, type Template } from './resolve.ts'

const [HOME, AWAY] = ['ap-southeast-1', 'ap-east-1']
const PARAMS = [`home=${HOME}`, 'domain=api.shop.example', 'zone=Z123']
/** Their names are one for the whole account, or for the world. */
const GLOBAL = ['AWS::S3::Bucket', 'AWS::IAM::Role', 'AWS::Route53::RecordSet']

type Stack = ReturnType<typeof resolved>
let home: Stack
let away: Stack
let environment: Record<string, unknown>
let scheduled: string[]
/** The template with these parameters, of which only CloudFormation fills in the region. */
beforeAll(async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js'),
      ...['print', '--format', 'json', '--stage', 'prod', '--region', AWAY],
      ...PARAMS.flatMap((param) => ['--param', param]),
    ],
    { cwd: ROOT, env: { ...process.env, HOME: tmpdir(), SLS_TELEMETRY_DISABLED: '1' } },
  )
  const service = JSON.parse(stdout) as {
    provider: { environment: Record<string, unknown> }
    functions: Record<string, { events: { schedule?: unknown }[] }>
    resources: Template
  }
  scheduled = Object.entries(service.functions)
    .filter(([, { events }]) => events.some(({ schedule }) => schedule !== undefined))
    .map(([key]) => key)
  environment = service.provider.environment
  home = resolved(service.resources, HOME)
  away = resolved(service.resources, AWAY)
}, 60_000)

const of = (stack: Stack, id: string) => stack.get(id)?.Properties

describe('two regions', () => {
  it('answer to one public name, of which Route 53 takes the home region while it is healthy', () => {
    const record = (stack: Stack, region: string, Failover: string) => {
      expect(of(stack, 'PublicRecord')).toEqual({
        HostedZoneId: 'Z123',
        Name: 'api.shop.example',
        Type: 'CNAME',
        TTL: '30',
        SetIdentifier: region,
        Failover,
        HealthCheckId: { Ref: 'RegionHealth' },
        ResourceRecords: [{ 'Fn::GetAtt': ['PublicDomain', 'RegionalDomainName'] }],
      })
      expect(of(stack, 'PublicDomain')?.DomainName).toBe('api.shop.example')
    }
    record(home, HOME, 'PRIMARY')
    record(away, AWAY, 'SECONDARY')
  })

  it('are each checked by their own name, at the route that says whether they are ready', () => {
    for (const [stack, region] of [
      [home, HOME],
      [away, AWAY],
    ] as const) {
      const name = `${region}.api.shop.example`
      expect(of(stack, 'RegionRecord')?.Name).toBe(name)
      expect(of(stack, 'RegionDomain')?.DomainName).toBe(name)
      expect(of(stack, 'Certificate')).toMatchObject({
        DomainName: 'api.shop.example',
        SubjectAlternativeNames: [name],
      })
      expect(of(stack, 'RegionHealth')?.HealthCheckConfig).toMatchObject({
        Type: 'HTTPS',
        FullyQualifiedDomainName: name,
        ResourcePath: health.definition.path,
        RequestInterval: 10,
        FailureThreshold: 3,
      })
    }
  })

  it('lead both names to the same API', () => {
    for (const [mapping, domain] of [
      ['PublicMapping', 'PublicDomain'],
      ['RegionMapping', 'RegionDomain'],
    ] as const) {
      expect(of(away, mapping)).toEqual({
        ApiId: { Ref: 'HttpApi' },
        DomainName: { Ref: domain },
        Stage: { Ref: 'HttpApiStage' },
      })
    }
  })

  it('have queues each, and one bucket of exported files, which both name', () => {
    expect(home.has('StockQueue') && away.has('StockQueue')).toBe(true)
    expect([home.has('ExportBucket'), away.has('ExportBucket')]).toEqual([true, false])
    expect(environment.EXPORT_BUCKET_REGION).toBe(HOME)
    const role = JSON.stringify(of(away, 'ExportsRole'))
    expect(role).toContain(`arn:aws:s3:::${of(home, 'ExportBucket')?.BucketName}/exports/*`)
    // A region that has no bucket refers to none.
    expect(JSON.stringify([...away.values()])).not.toContain('ExportBucket')
  })

  it('both run every schedule, of each of which the runbook says why twice is once', () => {
    const runbook = readFileSync(join(ROOT, 'docs', 'runbooks', 'two-regions.md'), 'utf8')
    expect(scheduled.length).toBeGreaterThan(0)
    expect(scheduled.filter((key) => !runbook.includes(`| \`${key}\` |`))).toEqual([])
  })

  it('share no name that can be given once only', () => {
    const names = (stack: Stack) =>
      [...stack.values()]
        .filter(({ Type }) => GLOBAL.includes(Type))
        .map(({ Properties: { BucketName, RoleName, Name, SetIdentifier } }) =>
          [BucketName ?? RoleName ?? Name, SetIdentifier].filter(Boolean).join(' '),
        )
        .filter((name) => name !== '')
    expect(names(home)).toHaveLength(3)
    expect(names(away).filter((name) => names(home).includes(name))).toEqual([])
  })
})
