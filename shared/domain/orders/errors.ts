import { ApiError } from '../../platform/errors/api-error.ts'

export { KeyReused } from '../../platform/errors/standard.ts'

/** 409: the order is not in a state from which this step can be taken. */
export class WrongState extends ApiError {
  static override readonly code = 40902
  static override readonly summary = 'the order is not in a state for this step'
}

/** 409: the user would take more of a SKU than one user may; `details` names the SKUs. */
export class PurchaseLimit extends ApiError {
  static override readonly code = 40904
  static override readonly summary = 'more than one user may buy'
}
