/**
 * Search without a parser for Chinese: MariaDB has none, and PlanetScale's can't be configured. The
 * title is cut here into words and, where characters stand without spaces, into single ones and pairs
 * (bigrams), each written as one ASCII word of at least three letters, which every full-text parser
 * takes whole and no list of stop words knows.
 */

const RUNS =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]+|[[\p{L}\p{N}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]]+/gv
const IDEOGRAPHIC = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/v
/** MySQL and MariaDB cut a word after this many characters; a query for it is cut alike. */
const MAX_WORD = 20

const encode = (kind: 'u' | 'b' | 'w', text: string) =>
  `${kind}x${[...text].map((character) => character.codePointAt(0)?.toString(36)).join('x')}`

/** Runs of text in the one form in which they are compared: full-width letters narrow, all lower case. */
function runsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(RUNS) ?? []
}

function pairs(characters: string[]): string[] {
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}

/** @returns everything under which a text can be found, separated by spaces */
export function indexTerms(text: string): string {
  const terms = runsOf(text).flatMap((run) => {
    if (!IDEOGRAPHIC.test(run)) return [encode('w', run.slice(0, MAX_WORD))]
    const characters = [...run]
    return [
      ...characters.map((character) => encode('u', character)),
      ...pairs(characters).map((pair) => encode('b', pair)),
    ]
  })
  return [...new Set(terms)].join(' ')
}

/**
 * @returns what is asked for, for AGAINST (… IN BOOLEAN MODE): all of it has to be there; undefined
 *   where the text holds nothing to look for
 */
export function searchExpression(text: string): string | undefined {
  const terms = runsOf(text).flatMap((run) => {
    if (!IDEOGRAPHIC.test(run)) return [encode('w', run.slice(0, MAX_WORD))]
    const characters = [...run]
    return characters.length === 1
      ? [encode('u', run)]
      : pairs(characters).map((pair) => encode('b', pair))
  })
  if (terms.length === 0) return undefined
  return [...new Set(terms)].map((term) => `+${term}`).join(' ')
}
