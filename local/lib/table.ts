import { digits } from './stats.ts'

export type Cell = string | number
export type Table = {
  title: string
  columns: readonly string[]
  rows: readonly (readonly Cell[])[]
}

const cell = (value: Cell) => (typeof value === 'number' ? digits(value) : value)

/** A table for people at a terminal. */
export function plainTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(cell))]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)))
  const lines = cells.map((row) =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [`\n${title}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

export function markdownTable({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${columns.map((_, at) => (at === 0 ? '---' : '--:')).join('|')}|`
  return [`**${title}**\n`, line(columns), rule, ...rows.map((row) => line(row.map(cell)))].join(
    '\n',
  )
}
