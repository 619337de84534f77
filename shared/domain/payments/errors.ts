import type { IncidentKind } from './incidents.ts'

/** WeChat reports a payment that does not fit any order: nothing is counted, a person has to look. */
export class PaymentMismatch extends Error {
  override readonly name = 'PaymentMismatch'
  readonly incident: { kind: IncidentKind; detail: string }

  constructor(kind: IncidentKind, detail: string) {
    super(`${kind}: ${detail}`)
    this.incident = { kind, detail }
  }
}
