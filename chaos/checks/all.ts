import type { History } from '../history.ts'
import { answersAreClear, type Down } from './answers.ts'
import type { Books, Violation } from './books.ts'
import { noMailTwice } from './mails.ts'
import { couponsBalance, nobodyPaysTwice } from './money.ts'
import { acceptedIsPersisted, acceptedIsShown, oneKeyOneOrder, stepsAreKept } from './orders.ts'
import { countersEqualRows, deliveriesOnce, ledgerOncePerOrder, stockBalances } from './stock.ts'

/** Each promise of the shop, and what finds it broken. */
export const RULES = [
  acceptedIsPersisted,
  oneKeyOneOrder,
  acceptedIsShown,
  stepsAreKept,
  stockBalances,
  ledgerOncePerOrder,
  countersEqualRows,
  deliveriesOnce,
  nobodyPaysTwice,
  couponsBalance,
  noMailTwice,
  exportsEnd,
  nothingIsLeft,
] as const

/** An export that was taken is written in the end, or says that it can't be. */
export function exportsEnd({ exports: asked }: History, { exports: found }: Books): Violation[] {
  return asked.flatMap(({ id, trace }) => {
    const state = found.find((one) => one.id === id)?.state ?? 'not there'
    if (state === 'done' || state === 'failed') return []
    return [{ rule: 'an export ends', what: `export ${id} is ${state}`, traces: [trace] }]
  })
}

/** When all is over nothing is under way any more. */
export function nothingIsLeft(_: History, { left }: Books): Violation[] {
  return left
    .filter(({ count }) => count > 0)
    .map(({ what, count }) => ({ rule: 'nothing is left over', what: `${count} ${what}` }))
}

/** Holds what people were told against what the books have. @returns every promise that was broken */
export function violationsOf(
  history: History,
  books: Books,
  { downs, limitMillis }: { downs: readonly Down[]; limitMillis: number },
): Violation[] {
  return [
    ...RULES.flatMap((rule) => rule(history, books)),
    ...answersAreClear(history.asked, downs, limitMillis),
  ]
}
