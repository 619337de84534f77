/** The part of serverless-offline's Lambda emulation that the plugin uses. */
declare module 'serverless-offline/lambda' {
  type Definition = { functionKey: string; functionDefinition: unknown }
  type Instance = { setEvent(event: unknown): void; runHandler(): Promise<unknown> }

  export default class Lambda {
    constructor(serverless: unknown, options: Record<string, unknown>)
    create(definitions: Definition[]): void
    get(functionKey: string): Instance
    cleanup(): Promise<void>
  }
}
