import * as z from 'zod/mini'

/**
 * Characters that a nickname may be made of. Format characters are refused: they hide text, or turn it
 * round (U+202E). Three kinds have honest work: joiners, in emoji and in Persian or Indic words; tags,
 * in the flags of regions, after a black flag; and private use, which some phones put a picture on.
 * @see https://www.unicode.org/reports/tr51/#Emoji_Sequences
 */
const NICKNAME =
  /^(?:\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}|[\u200C\u200D]|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])*$/u

/** A character that is seen. Fillers and the empty Braille cell are letters and symbols, but empty. */
const VISIBLE = /[^\p{Default_Ignorable_Code_Point}\p{Z}\p{C}\p{M}\u2800]|\p{Co}/u

/** What others see of a person. In NFC, so that what looks the same is the same. */
export const Nickname = z.string().check(
  z.trim(),
  z.normalize('NFC'),
  z.minLength(1),
  z.maxLength(32),
  z.refine((name) => NICKNAME.test(name), 'must not hold control or formatting characters'),
  z.refine((name) => name === '' || VISIBLE.test(name), 'must hold something that can be seen'),
)

/** A name in the DNS, in ASCII as URL gives it; no address in numbers, nor a name without a dot. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/

function isPicture(text: string): boolean {
  if (!/^https:\/\/[^/\\]/i.test(text)) return false
  const url = URL.parse(text)
  return url !== null && url.username === '' && url.password === '' && HOST.test(url.hostname)
}

/** Where a person's picture is. Others' clients open it, so: https, a host with a name, no password. */
export const AvatarUrl = z
  .string()
  .check(z.trim(), z.maxLength(512), z.refine(isPicture, 'must be an https URL'))
