import type { FieldPacket } from 'mysql2'

const UNSIGNED = 32
/** Bytes, and text that is compared as bytes; the driver tells them apart by the character set. */
const BINARY = 128
/** Both are sent as CHAR, with a flag. */
const ENUM = 256
const SET = 2048

/** What MySQL's protocol calls a type, and what Vitess does. */
const TYPES: Record<number, string> = {
  0: 'DECIMAL',
  1: 'INT8',
  2: 'INT16',
  3: 'INT32',
  4: 'FLOAT32',
  5: 'FLOAT64',
  6: 'NULL',
  7: 'TIMESTAMP',
  8: 'INT64',
  9: 'INT24',
  10: 'DATE',
  11: 'TIME',
  12: 'DATETIME',
  13: 'YEAR',
  15: 'VARCHAR',
  16: 'BIT',
  245: 'JSON',
  246: 'DECIMAL',
  249: 'TEXT',
  250: 'TEXT',
  251: 'TEXT',
  252: 'TEXT',
  253: 'VARCHAR',
  254: 'CHAR',
  255: 'GEOMETRY',
}
const OF_BYTES: Record<string, string> = { VARCHAR: 'VARBINARY', TEXT: 'BLOB', CHAR: 'BINARY' }

/** Values as the server wrote them: no digit and no byte passes through a JavaScript number. */
export type Row = (Buffer | null)[]

/**
 * Vitess's name for a column's type, by which the driver casts. An integer that no column holds is
 * INT64, as from MySQL 8, where literals and functions are BIGINT; MariaDB says INT when it is small.
 * @see https://github.com/vitessio/vitess/blob/main/go/sqltypes/const.go
 */
export function typeOf(column: FieldPacket): string {
  // MariaDB's JSON is text, but it says what the text holds.
  if (column.extendedFormat === 'json') return 'JSON'
  const flags = Number(column.flags)
  if (flags & ENUM) return 'ENUM'
  if (flags & SET) return 'SET'
  const type = TYPES[column.columnType ?? 253] ?? 'VARCHAR'
  if (flags & BINARY && type in OF_BYTES) return OF_BYTES[type] as string
  if (!type.startsWith('INT')) return type
  const integer = column.orgTable === '' ? 'INT64' : type
  return flags & UNSIGNED ? `U${integer}` : integer
}

/** A column as the `fields` of a result describe it. */
export function describeColumn(column: FieldPacket) {
  return {
    name: column.name,
    type: typeOf(column),
    table: column.table,
    orgTable: column.orgTable,
    database: column.schema,
    orgName: column.orgName,
    columnLength: column.columnLength,
    charset: column.characterSet,
    flags: Number(column.flags),
  }
}

/** A row: its values without a gap, in base64, and the bytes of each; -1 for NULL. */
export function encodeRow(values: Row) {
  return {
    lengths: values.map((value) => String(value === null ? -1 : value.length)),
    values: Buffer.concat(values.filter((value) => value !== null)).toString('base64'),
  }
}
