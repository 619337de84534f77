import { ApiError } from '../../platform/errors/api-error.ts'

/** 409: the user is still owed something, or owes it; `details` names the orders and their states. */
export class OrdersOpen extends ApiError {
  static override readonly code = 40910
  static override readonly summary = 'orders are not finished yet: see details'
}
