import { equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allCases } from '../../bench/harness/cases.ts'
import { svgOf } from '../../bench/harness/chart.ts'
import { compare, type Side } from '../../bench/harness/compare.ts'
import { FIGURES, filled, shownReport } from '../../bench/harness/page.ts'
import { type CaseReport, isMet, merged, type Report } from '../../bench/harness/report.ts'
import { tableOf, targetsTable } from '../../bench/harness/text.ts'
import { scale } from '../../local/lib/scale.ts'
import { digits, median, quantile, time } from '../../local/lib/stats.ts'
import { markdownTable, plainTable } from '../../local/lib/table.ts'
import { ROOT } from '../../local/root.ts'

const nothing = () => undefined
/** A side whose operations take 1 ms, 2 ms, … as it says itself. */
function side(name: string, factor: number, told: string[] = []): Side<number> {
  let count = 0
  return {
    name,
    run: () => {
      told.push(name)
      return ++count * factor
    },
    check: (answer) => equal(answer, factor),
    timeOf: (answer) => answer,
  }
}

describe('compare', () => {
  it('lets the sides take turns, the first one another in each round', async () => {
    const told: string[] = []
    const sides = ['a', 'b', 'c'].map((name) => side(name, 1, told))
    await compare('x', sides, { rounds: 2, calls: 2 }, nothing)
    expect(told.join('')).toBe(`abc${'aabbcc'}${'bbccaa'}${'ccaabb'}`)
  })

  it('leaves the warm-up out, and divides by the first side', async () => {
    const compared = await compare('x', [side('a', 1), side('b', 3)], { rounds: 5 }, nothing)
    // 1 is checked, 2 warms up; 3 to 7 count.
    expect(compared.of('a')).toEqual({
      name: 'a',
      median: 5,
      p99: 7,
      ops: 200,
      ratio: 1,
      samples: 5,
    })
    expect(compared.of('b')).toMatchObject({ median: 15, p99: 21, ratio: 3 })
    expect(() => compared.of('d')).toThrow('no side is called d')
  })

  it('measures nothing where an answer is wrong', async () => {
    const wrong = { ...side('b', 1), check: () => equal(1, 2) }
    await expect(compare('x', [side('a', 1), wrong], {}, nothing)).rejects.toThrow(
      'x: the answer of "b" is wrong',
    )
  })

  it('keeps as many operations under way as it was told, and counts a load by the clock', async () => {
    let [now, most] = [0, 0]
    const run = async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
    }
    const options = { rounds: 2, calls: 20, concurrency: 4 }
    const compared = await compare('x', [{ name: 'a', run, check: nothing }], options, nothing)
    expect(most).toBe(4)
    expect(compared.of('a').samples).toBe(40)
    // Four at once, at least 5 ms each.
    expect(compared.of('a').ops).toBeLessThanOrEqual(820)
  })

  it('surrounds every turn, outside of the time', async () => {
    const told: string[] = []
    const around = (word: string) => () => told.push(word)
    const one = { ...side('run', 1, told), before: around('before'), after: around('after') }
    await compare('x', [one], { rounds: 1, calls: 2 }, nothing)
    expect(told.join(' ')).toBe('before run after before run run after before run run after')
  })
})

describe('figures', () => {
  it('takes quantiles by nearest rank', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1)
    expect([0, 0.5, 0.99, 1].map((q) => quantile(sorted, q))).toEqual([1, 50, 99, 100])
    expect(median([3, 1, 2])).toBe(2)
    expect(() => median([])).toThrow('nothing was measured')
  })

  it('shows three digits, and times in their unit', () => {
    expect([0, 0.01234, 1.004, 45.67, 1234.5].map(digits)).toEqual([
      ...['0', '0.0123', '1.00', '45.7', '1,235'],
    ])
    expect([0.0123, 4.567, 12_345].map(time)).toEqual(['12.3 µs', '4.57 ms', '12.3 s'])
  })

  it('says by how much a target is met or missed', () => {
    const one = { what: 'a ÷ b', unit: '×', measured: 1.2 } as const
    expect(isMet({ ...one, atMost: 1.2 })).toBe(true)
    expect(isMet({ ...one, atLeast: 1.3 })).toBe(false)
    const { rows } = targetsTable([
      { ...one, atMost: 1.5, met: true },
      { ...one, atLeast: 2.4, met: false },
    ])
    expect(rows.map((row) => row.slice(1))).toEqual([
      ['≤ 1.50 ×', '1.20 ×', 'met, 20.0 % to spare'],
      ['≥ 2.40 ×', '1.20 ×', 'missed by 50.0 %'],
    ])
  })
})

describe('report', () => {
  const table = {
    title: 'T',
    columns: ['', 'median'],
    rows: [
      ['a', '1 ms'],
      ['bb', 1234],
    ],
  } as const
  const machine = { cpu: 'C', cores: 2, memoryGb: 4, node: 'v24', database: 'M 1', redis: 'R 1' }
  const caseOf = (id: string, seconds = 1): CaseReport => ({
    ...{ id, title: id, compares: `${id} with that.`, date: '2026-01-02T03:04:05Z', commit: 'abc' },
    ...{
      seconds,
      comparisons: [],
      tables: [table],
      charts: [],
      targets: [],
      notes: ['Mind the gap.'],
    },
  })
  const reportOf = (...cases: CaseReport[]): Report => ({ machine, quick: false, cases })

  it('prints tables for a terminal and for a page', async () => {
    expect(plainTable(table)).toBe('\nT\n      median\n  a     1 ms\n  bb   1,234')
    expect(markdownTable(table)).toBe(
      '**T**\n\n|  | median |\n|---|--:|\n| a | 1 ms |\n| bb | 1,234 |',
    )
    const compared = await compare('x', [side('a', 1), side('b', 3)], { rounds: 1 }, nothing)
    expect(tableOf(compared)).toMatchObject({
      columns: ['', 'median', 'p99', 'a second', '÷ a'],
      rows: [
        ['a', '3.00 ms', '3.00 ms', '333', '1.00 ×'],
        ['b', '9.00 ms', '9.00 ms', '111', '3.00 ×'],
      ],
    })
  })

  it('fills the places of the page and leaves the prose', () => {
    const page =
      'A\n<!-- bench:machine -->\nold\n<!-- /bench:machine -->\nB\n<!-- bench:x -->\n<!-- /bench:x -->\nC'
    const once = filled(page, reportOf(caseOf('x')))
    expect(once).toContain(
      'A\n<!-- bench:machine -->\nC, 2 cores, 4 GB; Node.js v24, M 1, R 1\n<!--',
    )
    expect(once).toMatch(
      /B\n.*x with that.*\| bb \| 1,234 \|.*Mind the gap.*at abc, 2026-01-02.*C$/s,
    )
    expect(filled(once, reportOf(caseOf('x')))).toBe(once)
    expect(filled(once, reportOf())).toContain('_Not measured yet._')
    expect(() => filled(page, reportOf(caseOf('y')))).toThrow('no place for y')
  })

  it('renews what was measured again, and never mixes machines', () => {
    const before = reportOf(caseOf('x'), caseOf('y'))
    const ids = (report: Report) => report.cases.map(({ id, seconds }) => `${id}${seconds}`).join()
    expect(ids(merged(before, reportOf(caseOf('z', 2), caseOf('x', 2))))).toBe('x2,y1,z2')
    const other = { ...reportOf(caseOf('x', 2)), machine: { ...machine, cores: 8 } }
    expect(ids(merged(before, other))).toBe('x2')
    expect(ids(merged(undefined, before))).toBe('x1,y1')
  })
})

describe('docs/performance.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'performance.md'), 'utf8')

  it('has a place for every case', async () => {
    for (const { id } of await allCases()) expect(page).toContain(`<!-- bench:${id} -->`)
  })

  it('shows the figures of docs/performance.json, and no others', () => {
    const shown = shownReport()
    expect(shown === undefined ? page.replace(FIGURES, '$1\n$3') : filled(page, shown)).toBe(page)
  })
})

describe('charts', () => {
  it('reaches around all values, from 0 or in powers of ten', () => {
    expect(scale({ label: 'y' }, [3, 9.5], 0, 100)).toMatchObject({ ticks: [0, 2, 4, 6, 8, 10] })
    expect(scale({ label: 'y' }, [9.5], 0, 100).at(5)).toBe(50)
    const log = scale({ label: 'y', log: true }, [0.2, 300], 100, 0)
    expect(log.ticks).toEqual([0.1, 1, 10, 100, 1000])
    expect(log.at(10)).toBe(50)
  })

  it('draws labels, values and legend, and escapes them', () => {
    const bars = svgOf({
      ...{ id: 'b', kind: 'bars', title: 'A & B', value: { label: 'ms < 1' } },
      ...{ groups: ['one', 'two'], series: [{ name: 's"', values: [1, 2.5] }] },
    })
    for (const part of ['A &#38; B', 'ms &#60; 1', '>one<', '>two<', 's&#34;', '>2.50<']) {
      expect(bars).toContain(part)
    }
    expect(bars).toContain('prefers-color-scheme: dark')
    const lines = svgOf({
      ...{
        id: 'l',
        kind: 'lines',
        title: 'T',
        x: { label: 'rows', log: true },
        y: { label: 'MB' },
      },
      series: [
        {
          name: 's',
          points: [
            [1, 1],
            [10, 2],
          ],
        },
      ],
    })
    expect(lines).toContain('<polyline points="76,216 728,76"')
  })
})
