/** Where a statement stands to transactions. */
export type Kind = 'begin' | 'commit' | 'rollback' | 'refused' | 'other'

const LEADING_COMMENTS = /^(?:\s|\/\*.*?\*\/|(?:--\s|#)[^\n]*(?:\n|$))+/s
const WORDS = /^([a-z]+)(?:\s+([a-z]+))?/i
/** They would leave something on a connection that the next caller gets. */
const STATEFUL = new Set(
  'SET USE LOCK UNLOCK PREPARE EXECUTE DEALLOCATE XA HANDLER LOAD CHANGE'.split(' '),
)

/** Sorts a statement by its first words; comments before it do not count. */
export function kindOf(query: string): Kind {
  const [, first = '', second = ''] =
    WORDS.exec(query.replace(LEADING_COMMENTS, ''))?.map((word) => word?.toUpperCase()) ?? []
  if (first === 'BEGIN' || (first === 'START' && second === 'TRANSACTION')) return 'begin'
  if (first === 'ROLLBACK' && second === 'TO') return 'other'
  if (first === 'COMMIT' || first === 'ROLLBACK') {
    // AND CHAIN and RELEASE would leave a transaction open that nobody knows, or close the connection.
    if (second !== '' && second !== 'WORK') return 'refused'
    return first === 'COMMIT' ? 'commit' : 'rollback'
  }
  return STATEFUL.has(first) ? 'refused' : 'other'
}
