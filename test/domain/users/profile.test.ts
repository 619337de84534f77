import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { AvatarUrl, Nickname } from '../../../shared/domain/users/profile.ts'

const nickname = (text: string) => z.safeParse(Nickname, text)
const avatar = (text: string) => z.safeParse(AvatarUrl, text)

describe('a nickname', () => {
  it.each([
    ['Chinese', '小明'],
    ['an emoji', '🛒'],
    ['a family, held together by joiners', '👨‍👩‍👧‍👦'],
    ['a skin tone', '👩🏽‍🚀'],
    ['a heart with its variation selector', '❤️'],
    ['a key', '#️⃣'],
    ['a flag of two letters', '🇨🇳'],
    ['a flag of tags', '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'],
    ['Persian with a non-joiner', 'می‌خواهم'],
    ['Hindi with a joiner', 'क्‍ष'],
    ['Thai', 'น้ำ'],
    ['a sign that some phones draw', '\uF8FF'],
  ])('may be %s', (_, text) => {
    expect(nickname(text)).toMatchObject({ success: true, data: text.normalize('NFC') })
  })

  it.each([
    ['nothing', ''],
    ['spaces', ' \u3000 '],
    ['a zero-width space', '\u200B'],
    ['joiners alone', '\u200D\u200C\u200D'],
    ['a Hangul filler', '\u3164'],
    ['a half-width filler', '\uFFA0\uFFA0'],
    ['an empty Braille cell', '\u2800'],
    ['a variation selector alone', '\uFE0F'],
    ['an accent on nothing', '\u0301'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['an escape', 'a\u001b[31m'],
    ['a right-to-left override', 'abc\u202Egpj.exe'],
    ['an isolate', 'a\u2066b'],
    ['a direction mark', 'a\u200Fb'],
    ['a soft hyphen', 'ad\u00ADmin'],
    ['a word joiner', 'ad\u2060min'],
    ['hidden words in tags', 'hi\u{E0068}\u{E0069}'],
    ['half a character', 'a\uD83D'],
    ['33 characters', 'x'.repeat(33)],
  ])('is not %s', (_, text) => {
    expect(nickname(text).success).toBe(false)
  })

  it('is the same however its accents were typed', () => {
    expect(nickname('Zoe\u0308')).toEqual(nickname('Zo\u00EB'))
  })

  it('goes through again as it came out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const once = nickname(text)
        if (once.success) expect(nickname(once.data)).toEqual(once)
      }),
    )
  })
})

describe("a picture's address", () => {
  it.each([
    'https://thirdwx.qlogo.cn/mmopen/vi_32/abc/132',
    'https://example.com:8443/a.png?x=1#y',
    'HTTPS://Example.COM/a.png',
    'https://图片.中国/a.png',
  ])('may be %s', (url) => {
    expect(avatar(url)).toMatchObject({ success: true, data: url })
  })

  it.each([
    '',
    'http://example.com/a.png',
    'javascript:alert(1)',
    'data:image/png;base64,AA==',
    '//example.com/a.png',
    'https:example.com/a.png',
    'https:/example.com/a.png',
    'https:\\\\example.com/a.png',
    'https:///example.com/a.png',
    'https://user:secret@example.com/a.png',
    'https://example.com@evil.example/a.png',
    'https://localhost/a.png',
    'https://127.0.0.1/a.png',
    'https://2130706433/a.png',
    'https://0x7f.1/a.png',
    'https://[::1]/a.png',
    'https://intranet/a.png',
    'https://-a.example/a.png',
    'https://a..example/a.png',
    'https://example.com./a.png',
    `https://example.com/${'x'.repeat(500)}`,
  ])('is not %s', (url) => {
    expect(avatar(url).success).toBe(false)
  })
})
