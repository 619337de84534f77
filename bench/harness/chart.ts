import { type Axis, type Scale, scale, short } from './scale.ts'
import { digits } from './stats.ts'

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
const LETTER = 6.6

// Okabe and Ito's palette, told apart also by the colour-blind, and seen on light and dark ground.
// https://jfly.uni-koeln.de/color/
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9']
const colour = (index: number) => COLOURS[index % COLOURS.length] ?? ''

const STYLE = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 12px system-ui, sans-serif }
  .title { font-size: 15px; font-weight: 600 } .grid { stroke: #d8dee4 } .axis { stroke: #57606a }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
  }`

const escaped = (text: string) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`)

type Anchor = 'start' | 'middle' | 'end'
const text = (x: number, y: number, words: string, anchor: Anchor = 'start', more = '') =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more}>${escaped(words)}</text>`
const line = (x1: number, y1: number, x2: number, y2: number, kind: string) =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`
const round = (pixels: number) => Math.round(pixels * 10) / 10

/** Draws a chart as a picture that stands alone, for light and for dark pages. */
export function svgOf(chart: Chart): string {
  const { height, body } = chart.kind === 'bars' ? bars(chart) : lines(chart)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(chart.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    text(16, 28, chart.title, 'start', ' class="title"'),
    ...legend(chart.series.map(({ name }) => name)),
    ...body,
    '</svg>',
  ].join('\n')}\n`
}

function legend(names: readonly string[]): string[] {
  let x = 16
  return names.map((name, index) => {
    const shown = `<rect x="${x}" y="44" width="12" height="12" rx="2" fill="${colour(index)}"/>${text(x + 17, 54, name)}`
    x += 40 + Math.ceil(name.length * LETTER)
    return shown
  })
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
