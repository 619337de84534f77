import { ApiError } from '../../platform/errors/api-error.ts'

/** 409: the cart holds as many different things as it can. */
export class CartFull extends ApiError {
  static override readonly code = 40906
  static override readonly summary = 'the cart is full: take something out first'
}
