import { ApiError } from '../../platform/errors/api-error.ts'

/** 409: fewer units are left than were asked for; `details` names the SKUs. */
export class OutOfStock extends ApiError {
  static override readonly code = 40901
  static override readonly summary = 'not enough left in stock'
}
