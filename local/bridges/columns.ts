import type { FieldPacket } from 'mysql2'

const BINARY = 63
const UNSIGNED = 32
const LONG_TEXT_BYTES = 4294967295

/** What MySQL's protocol calls a type, and what Vitess does: signed, unsigned; text, binary. */
const NUMBERS: Record<number, string> = {
  1: 'INT8',
  2: 'INT16',
  3: 'INT32',
  8: 'INT64',
  9: 'INT24',
}
const TEXTS: Record<number, [text: string, binary: string]> = {
  15: ['VARCHAR', 'VARBINARY'],
  249: ['TEXT', 'BLOB'],
  250: ['TEXT', 'BLOB'],
  251: ['TEXT', 'BLOB'],
  252: ['TEXT', 'BLOB'],
  253: ['VARCHAR', 'VARBINARY'],
  254: ['CHAR', 'BINARY'],
}
const OTHERS: Record<number, string> = {
  0: 'DECIMAL',
  4: 'FLOAT32',
  5: 'FLOAT64',
  6: 'NULL',
  7: 'TIMESTAMP',
  10: 'DATE',
  11: 'TIME',
  12: 'DATETIME',
  13: 'YEAR',
  16: 'BIT',
  245: 'JSON',
  246: 'DECIMAL',
  247: 'ENUM',
  248: 'SET',
  255: 'GEOMETRY',
}

/** The parts of a column's description that mysql2 has and its types leave out. */
export type Column = FieldPacket & { characterSet?: number; orgTable: string; orgName: string }

/** @returns Vitess's name for a column's type, which the driver's cast goes by */
export function typeOf(column: Column, isJson: boolean): string {
  if (isJson) return 'JSON'
  const type = column.columnType ?? 253
  const number = NUMBERS[type]
  if (number !== undefined) return Number(column.flags) & UNSIGNED ? `U${number}` : number
  const text = TEXTS[type]
  if (text !== undefined) return text[column.characterSet === BINARY ? 1 : 0]
  return OTHERS[type] ?? 'VARCHAR'
}

/** MariaDB's JSON is LONGTEXT with a check, so the column alone does not tell. */
export const mayBeJson = (column: Column) =>
  column.columnLength === LONG_TEXT_BYTES &&
  column.orgTable !== '' &&
  column.characterSet !== BINARY

export const isBinaryColumn = (column: Column) => column.characterSet === BINARY
