/**
 * Product pictures, drawn from plain shapes: a motif per category, a palette per product. SVG, which
 * a mini-program's <image> shows, and which needs neither a font nor a renderer.
 */
export type Motif = 'mug' | 'tin' | 'bag' | 'fruit' | 'lamp' | 'pillow' | 'notebook' | 'shirt'

type Palette = { sky: string; floor: string; main: string; shade: string; light: string }

const PALETTES: Palette[] = [
  { sky: '#fde8d7', floor: '#f7cfb2', main: '#e07a5f', shade: '#b85c43', light: '#fff4ea' },
  { sky: '#dcefe9', floor: '#b8ddd0', main: '#3d8b7d', shade: '#2a665b', light: '#f3fbf8' },
  { sky: '#e3e8f7', floor: '#c3cdec', main: '#5a6fb5', shade: '#3f5190', light: '#f6f8ff' },
  { sky: '#fbf0cf', floor: '#f1dc9d', main: '#e0a526', shade: '#b47f11', light: '#fffaea' },
  { sky: '#f6e0ea', floor: '#e9bdd0', main: '#b9567f', shade: '#8d3b5d', light: '#fff5f9' },
]

const MOTIFS: Record<Motif, (palette: Palette) => string> = {
  mug: ({ main, shade, light }) => `
    <path d="M520 330h60a80 80 0 0 1 0 190h-60" fill="none" stroke="${shade}" stroke-width="36"/>
    <path d="M240 270h290v260a70 70 0 0 1-70 70H310a70 70 0 0 1-70-70z" fill="${main}"/>
    <path d="M455 270h75v260a70 70 0 0 1-70 70h-35q30-30 30-90z" fill="${shade}" opacity=".55"/>
    <ellipse cx="385" cy="272" rx="145" ry="30" fill="${light}"/>
    <ellipse cx="385" cy="276" rx="120" ry="20" fill="#6b4630"/>
    <path d="M330 210q-30-35 0-70t0-70M400 210q-30-35 0-70t0-70" fill="none" stroke="${light}"
      stroke-width="14" stroke-linecap="round"/>`,
  tin: ({ main, shade, light }) => `
    <rect x="260" y="250" width="280" height="350" rx="26" fill="${main}"/>
    <path d="M470 250h44a26 26 0 0 1 26 26v298a26 26 0 0 1-26 26h-44z" fill="${shade}" opacity=".5"/>
    <rect x="245" y="190" width="310" height="80" rx="24" fill="${shade}"/>
    <circle cx="390" cy="420" r="84" fill="${light}"/>
    <path d="M390 480q-70-50 0-130q70 80 0 130z" fill="${main}"/>
    <path d="M390 490V380" stroke="${light}" stroke-width="8" stroke-linecap="round"/>`,
  bag: ({ main, shade, light }) => `
    <path d="M250 210h300l26 370a24 24 0 0 1-24 26H248a24 24 0 0 1-24-26z" fill="${main}"/>
    <path d="M470 210h80l26 370a24 24 0 0 1-24 26h-66q30-180-16-396z" fill="${shade}" opacity=".5"/>
    <path d="M250 210l25-40 25 40 25-40 25 40 25-40 25 40 25-40 25 40 25-40 25 40 25-40 25 40z" fill="${shade}"/>
    <ellipse cx="390" cy="420" rx="110" ry="90" fill="${light}"/>
    <path d="M340 430q20-60 70-40q50 10 40 50q-30 40-80 30q-30-10-30-40z" fill="${shade}"/>`,
  fruit: ({ main, shade, light }) => `
    <circle cx="310" cy="460" r="135" fill="${main}"/>
    <circle cx="490" cy="480" r="120" fill="${shade}"/>
    <circle cx="410" cy="380" r="120" fill="${main}"/>
    <path d="M410 270q-6-60 40-90" fill="none" stroke="#6f4e37" stroke-width="16" stroke-linecap="round"/>
    <path d="M440 200q80-60 130 0q-60 60-130 0z" fill="#5c9b54"/>
    <path d="M345 340q20-40 60-44" fill="none" stroke="${light}" stroke-width="16" stroke-linecap="round" opacity=".8"/>`,
  lamp: ({ main, shade, light }) => `
    <path d="M300 220h200l90 210H210z" fill="${main}"/>
    <path d="M450 220h50l90 210h-80z" fill="${shade}" opacity=".5"/>
    <path d="M240 430h320l70 170H170z" fill="${light}" opacity=".65"/>
    <rect x="386" y="430" width="28" height="150" fill="${shade}"/>
    <ellipse cx="400" cy="596" rx="110" ry="24" fill="${shade}"/>`,
  pillow: ({ main, shade, light }) => `
    <path d="M190 300q210-60 420 0q40 130 0 260q-210 60-420 0q-40-130 0-260z" fill="${main}"/>
    <path d="M560 290q30 4 50 10q40 130 0 260q-40 14-90 22q80-150 40-292z" fill="${shade}" opacity=".5"/>
    <path d="M260 350q140-40 280 0M250 430q150-30 300 0M260 510q140 40 280 0" fill="none"
      stroke="${light}" stroke-width="12" stroke-linecap="round" stroke-dasharray="2 30"/>`,
  notebook: ({ main, shade, light }) => `
    <rect x="250" y="180" width="320" height="420" rx="20" fill="${shade}"/>
    <rect x="238" y="170" width="310" height="420" rx="20" fill="${main}"/>
    <rect x="300" y="250" width="190" height="90" rx="10" fill="${light}"/>
    <path d="M500 170v420" stroke="${shade}" stroke-width="14"/>
    <path d="M320 282h150M320 310h100" stroke="${main}" stroke-width="10" stroke-linecap="round"/>
    <path d="M590 240l40 20-130 320-50 30 8-56z" fill="${light}" stroke="${shade}" stroke-width="8"/>`,
  shirt: ({ main, shade, light }) => `
    <path d="M300 200l-150 90 50 120 70-30v220h260V380l70 30 50-120-150-90q-100 80-200 0z" fill="${main}"/>
    <path d="M470 225q20-10 30-25l150 90-50 120-70-30v220h-80q40-200 20-375z" fill="${shade}" opacity=".45"/>
    <path d="M300 200q100 80 200 0" fill="none" stroke="${light}" stroke-width="14"/>
    <circle cx="380" cy="400" r="46" fill="${light}"/>`,
}

/** @param variant chooses the palette, so that neighbours in a list differ */
export function picture(motif: Motif, variant: number): string {
  const palette = PALETTES[variant % PALETTES.length] as Palette
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="800" height="800">
  <rect width="800" height="800" fill="${palette.sky}"/>
  <path d="M0 540q400-70 800 0v260H0z" fill="${palette.floor}"/>
  <ellipse cx="400" cy="610" rx="240" ry="34" fill="${palette.shade}" opacity=".25"/>${MOTIFS[motif](palette)}
</svg>
`
}
