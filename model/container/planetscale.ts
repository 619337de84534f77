// Takes the place of the driver in a container of the model.
import { DatabaseError } from '@planetscale/database'
import { SendFailed } from '../../shared/platform/net/send.ts'
import type { Result } from '../engines/database.ts'

export { cast, DatabaseError } from '@planetscale/database'

export class Connection {
  readonly #session = engines.session()

  async execute(text: string, values: readonly unknown[] = []): Promise<Result> {
    const answer = await engines.statement(this.#session, text, values).catch((error) => {
      throw new SendFailed(error, error.reached)
    })
    if (!('errno' in answer)) return answer
    const message = `refused (errno ${answer.errno}) (sqlstate HY000)`
    throw new DatabaseError(message, 400, { message, code: 'UNKNOWN' })
  }
}

export class Client {
  connection(): Connection {
    return new Connection()
  }
  execute(text: string, values: readonly unknown[] = []): Promise<Result> {
    return new Connection().execute(text, values)
  }
}
