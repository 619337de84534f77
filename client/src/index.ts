/** Everything that the API takes and gives, by name. */
export type * as api from './api.generated.ts'
export { codes, type Routes } from './api.generated.ts'
export {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type Data,
  type Input,
  type Route,
} from './client.ts'
export type { Clock } from './clock.ts'
export { ApiError, NetworkError } from './errors.ts'
export { fetchTransport } from './fetch.ts'
export {
  type Payment,
  PaymentCancelled,
  type PaymentSheet,
  payOrder,
  wxPaymentSheet,
} from './pay.ts'
export type { TokenStore, Tokens } from './session.ts'
export type { Transport, TransportRequest, TransportResponse } from './transport.ts'
export { wxSignIn, wxTokens, wxTransport } from './wx.ts'
