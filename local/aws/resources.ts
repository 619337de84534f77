import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export type QueueSpec = { name: string; attributes: Record<string, string> }

type Resource = { Type: string; Properties?: Record<string, unknown> }
type Template = { Resources: Record<string, Resource> }

const STAGE = /\$\{sls:stage\}/g
const REGION = 'ap-southeast-1'
const ACCOUNT = '000000000000'

/** `!GetAtt A.B` and `!Ref A` as the JSON form of CloudFormation writes them. */
const TAGS = ['GetAtt', 'Ref', 'Sub'].map((name) => ({
  tag: `!${name}`,
  resolve: (value: string) =>
    name === 'Ref'
      ? { Ref: value }
      : { [`Fn::${name}`]: name === 'GetAtt' ? value.split('.') : value },
}))

/** Reads a YAML file of the template, with `${sls:stage}` filled in. */
export function readTemplate(root: string, file: string, stage: string): unknown {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(STAGE, stage)
  return parse(text, { customTags: TAGS })
}

/**
 * The queues of infra/queues.yml as SQS takes them: dead-letter queues first, since the others name
 * them.
 */
export function queuesOf(root: string, stage: string): QueueSpec[] {
  const { Resources } = readTemplate(root, 'infra/queues.yml', stage) as Template
  const queues = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue')
  const arnOf = new Map(
    queues.map(([id, { Properties }]) => [
      id,
      `arn:aws:sqs:${REGION}:${ACCOUNT}:${String(Properties?.QueueName)}`,
    ]),
  )
  return queues
    .map(([, { Properties = {} }]) => {
      const { QueueName, RedrivePolicy, SqsManagedSseEnabled: _, ...rest } = Properties
      const attributes = Object.fromEntries(
        Object.entries(rest).map(([name, value]) => [name, String(value)]),
      )
      if (RedrivePolicy !== undefined) {
        const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy as {
          deadLetterTargetArn: { 'Fn::GetAtt': [string, string] }
          maxReceiveCount: number
        }
        attributes.RedrivePolicy = JSON.stringify({
          deadLetterTargetArn: arnOf.get(deadLetterTargetArn['Fn::GetAtt'][0]),
          maxReceiveCount,
        })
      }
      return { name: String(QueueName), attributes }
    })
    .toSorted(
      (a, b) => Number('RedrivePolicy' in a.attributes) - Number('RedrivePolicy' in b.attributes),
    )
}
