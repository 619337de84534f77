/**
 * A text that WeChat Pay takes and gives back unharmed: characters of up to three bytes in UTF-8
 * (no emoji), one line, and no back-tick, which parts the fields of a bill.
 * @param max characters; every one that is left is a single UTF-16 unit, so a cut splits none
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012081709 (character set)
 */
export function plainText(text: string, max: number): string {
  return text
    .replace(/[\u{10000}-\u{10ffff}]|\p{Cs}|\ufe0f|\u200d/gu, '')
    .replace(/`/g, "'")
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, max)
    .trim()
}

/** RFC 3339 in China's time, as in WeChat's own examples. @param time ISO 8601 */
export function chinaTime(time: string): string {
  const shifted = new Date(Date.parse(time) + 8 * 3_600_000)
  return `${shifted.toISOString().slice(0, 19)}+08:00`
}

/**
 * Yuan as a bill writes them, to fen, without a float in between.
 * @param yuan e.g. `12.30` or `0.01000`
 * @throws where it is not an amount of whole fen
 */
export function fenOfYuan(yuan: string): number {
  const [, sign, whole, cents = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,2})0*)?$/.exec(yuan) ?? []
  if (whole === undefined) throw new Error('not an amount in yuan')
  const fen = Number(whole) * 100 + Number(cents.padEnd(2, '0'))
  return sign === '-' && fen !== 0 ? -fen : fen
}
