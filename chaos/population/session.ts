import { randomUUID } from 'node:crypto'
import type { Answer, Api, Question } from './api.ts'

/** The shop does not let somebody in; why is in the answers that were written down. */
export class CantSignIn extends Error {
  override readonly name = 'CantSignIn'
}

/** Somebody who is signed in, and signs in again where a session has ended. */
export function createSession(api: Api, name: string) {
  let token: Promise<string> | undefined
  let userId = ''

  async function login(): Promise<string> {
    // Each code works once, so that a retry needs a new one.
    for (let turn = 1; ; turn++) {
      const body = { code: `mock:${name}:${randomUUID()}` }
      const { answer } = await api.insist({ method: 'POST', path: '/api/auth/login', body }, 1)
      if (answer.status === 200) {
        userId = answer.data.user.id
        return answer.data.accessToken
      }
      if (turn === 10) throw new CantSignIn(`${name}: ${answer.status} ${answer.code}`)
      await new Promise((resolve) => setTimeout(resolve, 200 * turn))
    }
  }

  /** Many requests at once wait for one login. */
  function current(): Promise<string> {
    token ??= login().catch((error: unknown) => {
      token = undefined
      throw error
    })
    return token
  }

  async function signedIn<T extends { status: number }>(
    work: (token: string) => Promise<T>,
  ): Promise<T> {
    const used = current()
    const result = await work(await used)
    if (result.status !== 401) return result
    if (token === used) token = undefined
    return work(await current())
  }

  return {
    /** @returns the user's id */
    async signIn(): Promise<string> {
      await current()
      return userId
    },
    ask: (question: Question): Promise<Answer> =>
      signedIn((mine) => api.ask({ ...question, token: mine })),
    async insist(question: Question, tries?: number) {
      const { answer, unsure } = await signedIn(async (mine) => {
        const insisted = await api.insist({ ...question, token: mine }, tries)
        return { ...insisted, status: insisted.answer.status }
      })
      return { answer, unsure }
    },
  }
}
