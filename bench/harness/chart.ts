import { type Axis, type Scale, scale, short } from '../../local/lib/scale.ts'
import { digits } from '../../local/lib/stats.ts'
import { colour, LETTER, legend, line, picture, round, text } from '../../local/lib/svg.ts'

export type Chart = { id: string; title: string } & (
  | {
      /** A bar for each value, lying; `values` of a series stand in the order of `groups`. */
      kind: 'bars'
      groups: readonly string[]
      value: Axis
      series: readonly { name: string; values: readonly number[] }[]
    }
  | {
      kind: 'lines'
      x: Axis
      y: Axis
      series: readonly { name: string; points: readonly (readonly [x: number, y: number])[] }[]
    }
)

const WIDTH = 760
const RIGHT = 32
/** Title and legend. */
const TOP = 76
/** Ticks and the axis's label. */
const BOTTOM = 52
const PLOT_HEIGHT = 280
const BAR = 16

/** Draws a chart as a picture that stands alone, for light and for dark pages. */
export function svgOf(chart: Chart): string {
  const { height, body } = chart.kind === 'bars' ? bars(chart) : lines(chart)
  const shown = [...legend(chart.series.map(({ name }) => name)), ...body]
  return picture({ title: chart.title, width: WIDTH, height }, shown)
}

/** The lines across for an axis that lies at the bottom, with its numbers and its label. */
function bottomAxis({ ticks, at }: Scale, { label }: Axis, left: number, base: number): string[] {
  return [
    ...ticks.map((tick) => line(at(tick), TOP, at(tick), base, 'grid')),
    ...ticks.map((tick) => text(at(tick), base + 18, short(tick), 'middle')),
    line(left, base, WIDTH - RIGHT, base, 'axis'),
    text((left + WIDTH - RIGHT) / 2, base + 40, label, 'middle'),
  ]
}

function bars({ groups, value, series }: Extract<Chart, { kind: 'bars' }>) {
  const longest = Math.max(...groups.map((group) => group.length))
  const left = 24 + Math.min(280, longest * LETTER)
  const groupHeight = series.length * BAR + 12
  const base = TOP + groups.length * groupHeight
  // Room for the value that stands behind the longest bar.
  const across = scale(
    value,
    series.flatMap(({ values }) => values),
    left,
    WIDTH - RIGHT - 48,
  )
  const drawn = groups.flatMap((group, row) => {
    const top = TOP + row * groupHeight + 6
    return [
      text(left - 8, top + (series.length * BAR) / 2 + 4, group, 'end'),
      ...series.flatMap(({ values }, index) => {
        const one = values[row]
        if (one === undefined) return []
        const [y, width] = [top + index * BAR, round(Math.max(1, across.at(one) - left))]
        return [
          `<rect x="${left}" y="${y}" width="${width}" height="${BAR - 3}" fill="${colour(index)}"/>`,
          text(left + width + 5, y + 11, digits(one)),
        ]
      }),
    ]
  })
  const body = [...bottomAxis(across, value, left, base), ...drawn]
  return { height: base + BOTTOM, body }
}

function lines({ x, y, series }: Extract<Chart, { kind: 'lines' }>) {
  const left = 76
  const base = TOP + PLOT_HEIGHT
  const points = series.flatMap((one) => one.points)
  const across = scale(
    x,
    points.map(([value]) => value),
    left,
    WIDTH - RIGHT,
  )
  const up = scale(
    y,
    points.map(([, value]) => value),
    base,
    TOP,
  )
  const body = [
    ...bottomAxis(across, x, left, base),
    ...up.ticks.map((tick) => line(left, up.at(tick), WIDTH - RIGHT, up.at(tick), 'grid')),
    ...up.ticks.map((tick) => text(left - 8, up.at(tick) + 4, short(tick), 'end')),
    line(left, TOP, left, base, 'axis'),
    text(0, 0, y.label, 'middle', ` transform="translate(20 ${(TOP + base) / 2}) rotate(-90)"`),
    ...series.map((one, index) => {
      const path = one.points.map(([a, b]) => `${round(across.at(a))},${round(up.at(b))}`).join(' ')
      return `<polyline points="${path}" fill="none" stroke="${colour(index)}" stroke-width="2"/>`
    }),
    ...series.flatMap((one, index) =>
      // Dots on a line of thousands would only hide it.
      (one.points.length > 40 ? [] : one.points).map(
        ([a, b]) =>
          `<circle cx="${round(across.at(a))}" cy="${round(up.at(b))}" r="3" fill="${colour(index)}"/>`,
      ),
    ),
  ]
  return { height: base + BOTTOM, body }
}
