import { codes } from './api.generated.ts'
import { ApiError } from './errors.ts'

export type Tokens = { accessToken: string; refreshToken: string }

/** Where tokens outlive the app: `wxTokens(wx)`. */
export type TokenStore = { read(): Tokens | undefined; write(tokens: Tokens | undefined): void }

type Grant<User> = Tokens & { user: User }

type Deps<User> = {
  store: TokenStore
  /** Trades the refresh token in. @throws ApiError 401 where it is worth nothing any more */
  refresh(refreshToken: string): Promise<Grant<User>>
  /** Signs in anew with a code of wx.login; left out, the app has to ask its user. */
  signIn: (() => Promise<Grant<User>>) | undefined
}

/** A call is refused at most twice for its token: it was too old, and then the session was over. */
const RENEWALS = 2

/**
 * Keeps the tokens good. However many calls find them too old at once, they are renewed once, and
 * all of them go on with the new ones.
 */
export function createSession<User>({ store, refresh, signIn }: Deps<User>) {
  let tokens = store.read()
  let signedOut = false
  // What comes back for a session that was ended meanwhile is not kept.
  let epoch = 0
  let renewing: Promise<Tokens | undefined> | undefined
  let signingIn: Promise<User> | undefined

  function keep(next: Tokens | undefined): void {
    tokens = next && { accessToken: next.accessToken, refreshToken: next.refreshToken }
    store.write(tokens)
  }

  function login(): Promise<User> {
    if (signIn === undefined) return Promise.reject(new TypeError('signIn is not configured'))
    const started = signIn
    signedOut = false
    signingIn ??= (async () => {
      const before = epoch
      try {
        const grant = await started()
        if (epoch === before) keep(grant)
        return grant.user
      } finally {
        signingIn = undefined
      }
    })()
    return signingIn
  }

  /** @returns new tokens; undefined where there are none any more @throws what refused them */
  async function renew(stale: Tokens, why: ApiError): Promise<Tokens | undefined> {
    const before = epoch
    let reason = why
    if (why.code !== codes.sessionEnded) {
      try {
        const grant = await refresh(stale.refreshToken)
        if (epoch === before) keep(grant)
        return tokens
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error
        reason = error
      }
    }
    if (epoch === before) keep(undefined)
    if (signIn === undefined || signedOut) throw reason
    await login()
    return tokens
  }

  /** As `renew`, once for all who ask; nothing where others did it, or signed out, meanwhile. */
  async function renewed(stale: Tokens, why: ApiError): Promise<Tokens | undefined> {
    if (renewing === undefined && tokens?.accessToken !== stale.accessToken) return tokens
    renewing ??= (async () => {
      try {
        return await renew(stale, why)
      } finally {
        renewing = undefined
      }
    })()
    return renewing
  }

  return {
    /** Signs in anew. Several at once are one. @returns the user */
    login,
    isSignedIn: () => tokens !== undefined,
    /** Makes a call with the access token; renews it, and makes the call again, where it is refused. */
    async authorised<T>(call: (accessToken: string | undefined) => Promise<T>): Promise<T> {
      if (tokens === undefined && signIn !== undefined && !signedOut) await login()
      for (let renewals = 0; ; renewals++) {
        const used = tokens
        try {
          return await call(used?.accessToken)
        } catch (error) {
          const refused = error instanceof ApiError && error.status === 401
          if (!refused || renewals >= RENEWALS || used === undefined) throw error
          if ((await renewed(used, error)) === undefined) throw error
        }
      }
    },
    /** Forgets the tokens, and does not sign in again by itself. @param end tells the shop */
    async logout(end: () => Promise<unknown>): Promise<void> {
      signedOut = true
      try {
        if (tokens !== undefined) await end()
      } catch {
        // It ends by itself; the tokens are gone from here either way.
      }
      epoch++
      keep(undefined)
    },
  }
}
