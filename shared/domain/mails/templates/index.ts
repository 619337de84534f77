import type { MovedData } from '../../orders/messages.ts'
import type { Language } from '../../users/language.ts'
import type { Template } from '../template.ts'
import { receiptEn } from './receipt.en.ts'
import { receiptZh } from './receipt.zh.ts'
import { refundedEn } from './refunded.en.ts'
import { refundedZh } from './refunded.zh.ts'
import { shippedEn } from './shipped.en.ts'
import { shippedZh } from './shipped.zh.ts'

/** The mail for each news, in each language. */
export const TEMPLATES: Readonly<Record<MovedData['to'], Readonly<Record<Language, Template>>>> = {
  paid: { zh: receiptZh, en: receiptEn },
  shipped: { zh: shippedZh, en: shippedEn },
  refunded: { zh: refundedZh, en: refundedEn },
}
