// What pictures of figures are made of.

/** The width of a letter, about. */
export const LETTER = 6.6

// Okabe and Ito's palette, told apart also by the colour-blind, and seen on light and dark ground.
// https://jfly.uni-koeln.de/color/
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9']
export const colour = (index: number) => COLOURS[index % COLOURS.length] ?? ''

const STYLE = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 12px system-ui, sans-serif }
  .title { font-size: 15px; font-weight: 600 } .grid { stroke: #d8dee4 } .axis { stroke: #57606a }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
  }`

const escaped = (text: string) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`)

type Anchor = 'start' | 'middle' | 'end'
export const text = (x: number, y: number, words: string, anchor: Anchor = 'start', more = '') =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more}>${escaped(words)}</text>`
export const line = (x1: number, y1: number, x2: number, y2: number, kind: string) =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`
export const round = (pixels: number) => Math.round(pixels * 10) / 10

/** Names of series with their colours, in one row below the title. */
export function legend(names: readonly string[]): string[] {
  let x = 16
  return names.map((name, index) => {
    const shown = `<rect x="${x}" y="44" width="12" height="12" rx="2" fill="${colour(index)}"/>${text(x + 17, 54, name)}`
    x += 40 + Math.ceil(name.length * LETTER)
    return shown
  })
}

/** A picture that stands alone, for light and for dark pages. */
export function picture(
  { title, width, height }: { title: string; width: number; height: number },
  body: readonly string[],
): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>`,
    text(16, 28, title, 'start', ' class="title"'),
    ...body,
    '</svg>',
  ].join('\n')}\n`
}
