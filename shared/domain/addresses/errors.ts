import { ApiError } from '../../platform/errors/api-error.ts'

/** 409: the user has as many addresses as one user may. */
export class TooManyAddresses extends ApiError {
  static override readonly code = 40905
  static override readonly summary = 'delete an address first: one user may have 50'
}
