/** Languages that the shop writes in. */
export const LANGUAGES = ['zh', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/**
 * @param header an Accept-Language header, e.g. `en-US,en;q=0.9`, or what WeChat calls it, `zh_CN`
 * @returns the first of its languages that the shop writes in, or undefined
 */
export function languageOf(header = ''): Language | undefined {
  const wanted = header.split(',').map((tag) => tag.trim().slice(0, 2).toLowerCase())
  return LANGUAGES.find((language) => language === wanted.find(isLanguage))
}

const isLanguage = (tag: string): tag is Language => LANGUAGES.some((language) => language === tag)
