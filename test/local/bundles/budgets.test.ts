import { expect, it } from 'vitest'
import { kindOf } from '../../../local/bundles/budgets.ts'
import { groupOf, heaviest } from '../../../local/bundles/measure.ts'
import { declaredFunctions } from '../../../local/lib/functions.ts'

const nameOf = (key: string) => declaredFunctions().find((one) => one.key === key)

it('tells readers from writers by their routes; jobs are writers', () => {
  const kinds = ['catalogProduct', 'notFound', 'ordersCreate', 'cartRemove', 'jobsStock'].map(
    (key) => kindOf(nameOf(key) as NonNullable<ReturnType<typeof nameOf>>),
  )
  expect(kinds).toEqual(['read', 'read', 'write', 'write', 'write'])
})

it('adds up a bundle by what it comes from', () => {
  expect(groupOf('node_modules/zod/v4/core/util.js')).toBe('zod')
  expect(groupOf('node_modules/@middy/core/index.js')).toBe('@middy/core')
  expect(groupOf('node_modules/a/node_modules/b/index.js')).toBe('b')
  expect(groupOf('shared/domain/orders/holds.ts')).toBe('shared/domain/orders')
  expect(groupOf('functions/orders/create.ts')).toBe('functions')
  expect(
    heaviest([
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ]),
  ).toEqual([
    ['a', 4],
    ['b', 2],
  ])
})
