import { expect, it } from 'vitest'
import { failedOf } from '../../../local/serverless/batch-result.ts'

const IDS = ['a', 'b', 'c']

it.each([
  ['nothing', undefined, []],
  ['null', null, []],
  ['a string', 'done', []],
  ['an empty object', {}, []],
  ['a null list', { batchItemFailures: null }, []],
  ['an empty list', { batchItemFailures: [] }, []],
  ['one item', { batchItemFailures: [{ itemIdentifier: 'b' }] }, ['b']],
  [
    'the same item twice',
    { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'b' }] },
    ['b'],
  ],
  ['an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }, IDS],
  ['a null id', { batchItemFailures: [{ itemIdentifier: null }] }, IDS],
  ['no id', { batchItemFailures: [{}] }, IDS],
  ['a null item', { batchItemFailures: [null] }, IDS],
  ['a misspelt id', { batchItemFailures: [{ itemIdentifer: 'a' }] }, IDS],
  ['an unknown id', { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'z' }] }, IDS],
  ['a list that is none', { batchItemFailures: 'a' }, IDS],
])('reads %s as Lambda does', (_, result, failed) => {
  expect([...failedOf(result, IDS)]).toEqual(failed)
})
