/**
 * The shop's SQL, which is MySQL's, as SQLite has it. What the model does not know fails loudly, at the
 * first statement that uses it.
 */
const STATEMENT: readonly [RegExp, string][] = [
  [/\s+FORCE INDEX \(\w+\)/g, ''],
  [/\s+FOR UPDATE(?: SKIP LOCKED| NOWAIT)?/g, ''],
  [/\s+LOCK IN SHARE MODE/g, ''],
  [/\bSTRAIGHT_JOIN\b/g, 'JOIN'],
  [/\bINSERT IGNORE\b/g, 'INSERT OR IGNORE'],
  [/\bON DUPLICATE KEY UPDATE\b/g, 'ON CONFLICT DO UPDATE SET'],
  [/\bVALUES\((\w+)\)(?!\s*,?\s*\()/g, 'excluded.$1'],
  [/\bLEAST\(/g, 'MIN('],
  [/\bGREATEST\(/g, 'MAX('],
  [/\bIF\(/g, 'IIF('],
  [/<=>/g, 'IS'],
  // Functions that the model gives SQLite: see time.ts.
  [
    /(UTC_TIMESTAMP\(3\)|\?) ([+-]) INTERVAL (\?|\d+|\((?:[^()]|\([^()]*\))*\)) (MICROSECOND|SECOND)/g,
    "SHIFTED($1, '$2', $3, '$4')",
  ],
  [/UTC_TIMESTAMP\(3\)/g, 'UTC_NOW()'],
  [/\bTIMESTAMPDIFF\((MICROSECOND|SECOND),/g, "TIME_BETWEEN('$1',"],
]

const known = new Map<string, string>()

/** @param text a statement with placeholders, as repositories write it */
export function statementOf(text: string): string {
  let translated = known.get(text)
  if (translated === undefined) {
    translated = STATEMENT.reduce((sql, [pattern, by]) => sql.replace(pattern, by), text).trim()
    known.set(text, translated)
  }
  return translated
}

/** @returns the statement without the comment that says who asks */
export function uncommented(text: string): string {
  const at = text.lastIndexOf(' /*')
  return at < 0 ? text : text.slice(0, at)
}

/** Whether a statement waits for rows that others have changed and not committed. */
export const isLocking = (text: string): boolean =>
  !/^\s*SELECT\b/i.test(text) || /\bFOR UPDATE\b|\bLOCK IN SHARE MODE\b/i.test(text)

const NAME = '[`"]?(\\w+)[`"]?'
const CREATE = new RegExp(`^CREATE TABLE ${NAME} \\(([\\s\\S]*)\\)[^)]*$`)
const ALTER = new RegExp(`^ALTER TABLE ${NAME}\\s+([\\s\\S]*)$`)
const UNIQUE = new RegExp(`^UNIQUE (?:KEY|INDEX) ${NAME} (\\(.*\\))$`)

/**
 * @param migration one of migrations/
 * @returns its upward half as statements of SQLite; indexes that only make things fast are left out
 */
export function schemaOf(migration: string): string[] {
  const [up = ''] = migration.replace(/--(?! migrate:down).*$/gm, '').split('-- migrate:down')
  return up
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter(Boolean)
    .flatMap(translated)
}

function translated(statement: string): string[] {
  const [, created, body = ''] = CREATE.exec(statement) ?? []
  if (created !== undefined) {
    const parts = partsOf(body)
    const columns = parts.filter((part) => !/^(UNIQUE |FULLTEXT )?(KEY|INDEX) /.test(part))
    return [
      `CREATE TABLE ${created} (${columns.map(columnOf).join(', ')})`,
      ...parts.flatMap((part) => uniqueOf(created, part)),
    ]
  }
  const [, altered, changes = ''] = ALTER.exec(statement) ?? []
  if (altered !== undefined) return partsOf(changes).flatMap((change) => changeOf(altered, change))
  return [statementOf(statement)]
}

function changeOf(table: string, change: string): string[] {
  if (/^MODIFY /.test(change)) return []
  const unique = uniqueOf(table, change.replace(/^ADD /, ''))
  if (unique.length > 0) return unique
  if (/^ADD (UNIQUE |FULLTEXT )?(KEY|INDEX) /.test(change)) return []
  const [, dropped] = /^DROP (?:KEY|INDEX) (\w+)/.exec(change) ?? []
  if (dropped !== undefined) return [`DROP INDEX IF EXISTS ${dropped}`]
  return [`ALTER TABLE ${table} ${columnOf(change.replace(/ AFTER \w+$/, ''))}`]
}

function uniqueOf(table: string, part: string): string[] {
  const [, name, columns] = UNIQUE.exec(part) ?? []
  return name === undefined ? [] : [`CREATE UNIQUE INDEX ${name} ON ${table} ${columns}`]
}

/** Keeps the declared type, by which values are read, and that UNSIGNED is never below zero. */
function columnOf(part: string): string {
  const plain = part
    .replace(/ CHARACTER SET \w+/, '')
    .replace(/ COLLATE \w+/, '')
    .replace(/ GENERATED ALWAYS AS/, ' AS')
  if (/ AUTO_INCREMENT/.test(plain)) {
    return plain.replace(/^(\w+) .*$/, '$1 INTEGER PRIMARY KEY AUTOINCREMENT')
  }
  const [, column] = /^(?:ADD COLUMN )?(\w+) \w+(?:\(\d+\))? UNSIGNED/.exec(plain) ?? []
  const unsigned = plain.replace(' UNSIGNED', '')
  return column === undefined ? plain : `${unsigned} CHECK (${column} >= 0)`
}

/** Splits at commas that stand in no brackets. */
function partsOf(list: string): string[] {
  const parts = ['']
  let depth = 0
  for (const char of list) {
    if (char === '(') depth++
    if (char === ')') depth--
    if (char === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts.map((part) => part.trim().replace(/\s+/g, ' '))
}
