export type Role = 'user' | 'admin'

/** Who a request comes from, as its access token says. */
export type Identity = { id: string; role: Role; sessionId: string }
