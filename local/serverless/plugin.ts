import { SQSClient } from '@aws-sdk/client-sqs'
import Lambda from 'serverless-offline/lambda'
import { SETTINGS } from '../../shared/platform/config/settings.ts'
import { AWS_CLIENT } from '../aws/sqs.ts'
import { type EventSource, startEventSource } from './event-source.ts'
import { envelopeGatewayErrors, type HapiServer, handBodiesOn } from './gateway.ts'

type SqsEvent = {
  arn: { 'Fn::GetAtt': [resource: string, attribute: string] }
  batchSize?: number
  maximumBatchingWindow?: number
  maximumConcurrency?: number
  functionResponseType?: string
}
type FunctionDefinition = { name: string; events: { sqs?: SqsEvent }[] }
type Serverless = {
  service: {
    provider: { environment: Record<string, unknown>; region: string }
    resources: { Resources: Record<string, { Properties?: { QueueName?: string } }> }
    custom: Record<string, Record<string, unknown>>
    getAllFunctions(): string[]
    getFunction(key: string): FunctionDefinition
  }
  pluginManager: { plugins: object[] }
}
type Offline = { internals(): { getApiGatewayServer(): HapiServer } }

/** Lambda's own default. */
const BATCH_SIZE = 10
const CONCURRENCY = 5

/**
 * What serverless-offline lacks of AWS: settings from the environment of the local stack, SQS event
 * sources, and answers in our envelope where no function gave one. Does nothing for other commands.
 */
export default class LocalPlugin {
  readonly hooks: Record<string, () => unknown>
  readonly #serverless: Serverless
  readonly #options: Record<string, unknown>
  #sources: EventSource[] = []
  #lambda: Lambda | undefined

  constructor(serverless: Serverless, options: Record<string, unknown>) {
    this.#serverless = serverless
    this.#options = options
    this.hooks = {
      'before:offline:start:init': () => this.#useLocalSettings(),
      'after:offline:start:init': () => this.#start(),
      'before:offline:start:end': () => this.#stop(),
    }
  }

  /** The functions run in this process, so its environment is theirs. */
  #useLocalSettings(): void {
    const names = Object.keys(SETTINGS).filter((name) => process.env[name] !== undefined)
    this.#serverless.service.provider.environment = Object.fromEntries(
      names.map((name) => [name, process.env[name]]),
    )
  }

  async #start(): Promise<void> {
    const { service, pluginManager } = this.#serverless
    const offline = pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === 'ServerlessOffline',
    )
    const server = (offline as Offline).internals().getApiGatewayServer()
    envelopeGatewayErrors(server)
    handBodiesOn(server)

    const lambda = new Lambda(this.#serverless, {
      ...service.custom['serverless-offline'],
      ...this.#options,
      terminateIdleLambdaTime: 60,
    })
    this.#lambda = lambda
    const keys = service.getAllFunctions()
    const definitions = keys.map((key) => ({
      functionKey: key,
      functionDefinition: service.getFunction(key),
    }))
    lambda.create(definitions)
    for (const { functionKey, functionDefinition } of definitions) {
      for (const { sqs } of functionDefinition.events) {
        if (sqs !== undefined) this.#sources.push(this.#listen(lambda, functionKey, sqs))
      }
    }
  }

  #listen(lambda: Lambda, key: string, event: SqsEvent): EventSource {
    const { provider, resources } = this.#serverless.service
    const [resource] = event.arn['Fn::GetAtt']
    const name = resources.Resources[resource]?.Properties?.QueueName
    const endpoint = process.env.AWS_ENDPOINT_URL_SQS
    if (name === undefined)
      throw new Error(`function ${key}: no queue ${resource} in the resources`)
    if (endpoint === undefined) throw new Error('AWS_ENDPOINT_URL_SQS is missing: use npm start')
    return startEventSource({
      sqs: new SQSClient({ ...AWS_CLIENT, endpoint }),
      queueUrl: `${endpoint}/000000000000/${name}`,
      queueArn: `arn:aws:sqs:${provider.region}:000000000000:${name}`,
      region: provider.region,
      batchSize: event.batchSize ?? BATCH_SIZE,
      batchingWindow: event.maximumBatchingWindow ?? 0,
      concurrency: event.maximumConcurrency ?? CONCURRENCY,
      reportBatchItemFailures: event.functionResponseType === 'ReportBatchItemFailures',
      invoke: (payload) => {
        const instance = lambda.get(key)
        instance.setEvent(payload)
        return instance.runHandler()
      },
      onError: (message) => console.error(`event source of ${key}: ${message}`),
    })
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()))
    await this.#lambda?.cleanup()
  }
}
