import { expect, it } from 'vitest'
import { kindOf } from '../../../local/bridges/statements.ts'

it.each([
  ['BEGIN', 'begin'],
  ['begin;', 'begin'],
  ['  start\n transaction read only', 'begin'],
  ["/*traceId='abcdefgh'*/ -- go\n# now\nBEGIN", 'begin'],
  ["COMMIT /*traceId='abcdefgh'*/", 'commit'],
  ['COMMIT WORK', 'commit'],
  ['rollback -- at last', 'rollback'],
  ['ROLLBACK TO SAVEPOINT a', 'other'],
  ['SAVEPOINT begin', 'other'],
  ["SELECT 'BEGIN'", 'other'],
  ['(SELECT 1)', 'other'],
  ['', 'other'],
  ['-- BEGIN', 'other'],
  ['COMMIT AND CHAIN', 'refused'],
  ['ROLLBACK RELEASE', 'refused'],
  ['SET autocommit = 0', 'refused'],
  ['use mysql', 'refused'],
  ['LOCK TABLES x WRITE', 'refused'],
])('%j is %s', (query, kind) => expect(kindOf(query)).toBe(kind))
