import { scale, short } from '../../local/lib/scale.ts'
import { colour, line, picture, round, text } from '../../local/lib/svg.ts'
import type { Report } from './report.ts'

const WIDTH = 1100
const LEFT = 76
const RIGHT = 32
/** The panels: success above, time below, and under them the names of the faults. */
const SUCCESS = { top: 64, height: 150 }
const TIMES = { top: 244, height: 150 }
const NAMES_TOP = TIMES.top + TIMES.height + 44
const NAME_HEIGHT = 16
const COLUMNS = 3
const NUMBER_WIDTH = 18

/** Success and p99 over the run, with the faults as numbered bands that a legend names. */
export function timelineOf({ seed, moments, faults, seconds }: Report): string {
  const across = scale({ label: '' }, [seconds], LEFT, WIDTH - RIGHT)
  const bottom = TIMES.top + TIMES.height
  const rows = Math.ceil(faults.length / COLUMNS)
  const x = (at: number) => Math.min(across.at(at), WIDTH - RIGHT)
  let numbered = Number.NEGATIVE_INFINITY
  const bands = faults.flatMap(({ at, seconds: lasts }, index) => {
    const [left, right] = [x(at), x(at + lasts)]
    const fill = colour(index % 2 === 0 ? 4 : 1)
    const middle = (left + right) / 2
    // Where there is no room for a number, the legend's time says which it is.
    const room = middle - numbered >= NUMBER_WIDTH
    if (room) numbered = middle
    return [
      `<rect x="${round(left)}" y="${SUCCESS.top}" width="${round(Math.max(1, right - left))}" height="${bottom - SUCCESS.top}" fill="${fill}" opacity="0.18"/>`,
      ...(room ? [text(middle, SUCCESS.top - 5, `${index + 1}`, 'middle')] : []),
    ]
  })
  const legend = faults.map(({ name, at }, index) => {
    const column = Math.floor(index / rows)
    const left = LEFT + (column * (WIDTH - LEFT - RIGHT)) / COLUMNS
    return text(
      left,
      NAMES_TOP + (index % rows) * NAME_HEIGHT,
      `${index + 1}  ${name} (${Math.round(at)} s)`,
    )
  })
  const timeAxis = [
    ...across.ticks
      .filter((tick) => tick <= seconds)
      .map((tick) => text(across.at(tick), bottom + 18, `${short(tick)} s`, 'middle')),
    line(LEFT, bottom, WIDTH - RIGHT, bottom, 'axis'),
  ]
  const title = `Chaos, seed ${seed}: success and p99 while things break`
  return picture({ title, width: WIDTH, height: NAMES_TOP + rows * NAME_HEIGHT + 8 }, [
    ...bands,
    ...panel(
      'success, %',
      SUCCESS,
      moments.map(({ at, success }) => [at, success]),
      { x, index: 2, highest: 100 },
    ),
    ...panel(
      'p99, ms',
      TIMES,
      moments.map(({ at, p99 }) => [at, p99]),
      { x, index: 0, log: true },
    ),
    ...timeAxis,
    ...legend,
  ])
}

type Panel = { top: number; height: number }
type Points = readonly (readonly [at: number, value: number | undefined])[]
type Drawn = { x: (at: number) => number; index: number; highest?: number; log?: true }

function panel(label: string, { top, height }: Panel, points: Points, how: Drawn): string[] {
  const { x, index, highest, log = false } = how
  const floor = log ? 1 : 0
  const values = points.flatMap(([, value]) => (value === undefined ? [] : Math.max(value, floor)))
  const up = scale(
    { label, log },
    highest === undefined ? [10, ...values] : [highest],
    top + height,
    top,
  )
  const paths: string[][] = [[]]
  for (const [at, value] of points) {
    // Where nobody asked there is nothing to draw a line through.
    if (value === undefined) paths.push([])
    else paths.at(-1)?.push(`${round(x(at))},${round(up.at(Math.max(value, floor)))}`)
  }
  return [
    ...up.ticks.map((tick) => line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick), 'grid')),
    ...up.ticks.map((tick) => text(LEFT - 8, up.at(tick) + 4, short(tick), 'end')),
    text(0, 0, label, 'middle', ` transform="translate(20 ${top + height / 2}) rotate(-90)"`),
    ...paths
      .filter((path) => path.length > 0)
      .map(
        (path) =>
          `<polyline points="${path.join(' ')}" fill="none" stroke="${colour(index)}" stroke-width="1.5" stroke-linecap="round"/>`,
      ),
  ]
}
