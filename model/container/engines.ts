import type { Answer, Session } from '../engines/database.ts'
import type { Refusal, Wechat } from '../engines/wechat.ts'

/** A call that got no answer. `reached`: it may have been carried out. */
export class NoAnswer extends Error {
  readonly reached: boolean
  constructor(reached: boolean) {
    super('no answer')
    this.reached = reached
  }
}

export type HttpAnswer = { status: number; body: unknown }

/** What of the world a container can reach. Each call is a step of the schedule. */
export type Engines = {
  session(): Session
  /** @throws NoAnswer */
  statement(
    session: Session,
    text: string,
    values: readonly unknown[],
  ): Promise<Exclude<Answer, 'waits'>>
  /** Redis and SQS. @throws NoAnswer */
  http(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<HttpAnswer>
  /** @throws NoAnswer */
  wechat<T>(label: string, ask: (wechat: Wechat) => T | Refusal): Promise<T | Refusal>
}

declare global {
  /** Given to each container when it starts. */
  const engines: Engines
}
