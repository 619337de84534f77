import * as z from 'zod/mini'
import { once } from '../config/once.ts'

/** How a type of field takes a text: what is left of it, and whether WeChat takes that. */
type FieldType = { fit(text: string): string; takes: RegExp }

const asIs = (text: string) => text.trim()

/** As many characters as fit into `units` of UTF-16, the last of them a sign that more was there. */
function cut(text: string, units: number): string {
  if (text.length <= units) return text
  let kept = ''
  for (const character of text) {
    if (kept.length + character.length >= units) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** What stands for nothing: WeChat refuses an empty value. */
const orDash = (text: string) => (text === '' ? '-' : text)

/**
 * The types of fields of subscribe messages and their limits. `enum` is left out: its values are the
 * template's own.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 */
const FIELD_TYPES: Readonly<Record<string, FieldType>> = {
  thing: {
    fit: (text) => orDash(cut(text.replace(/\p{Cc}+/gu, ' ').trim(), 20)),
    takes: /^\P{Cc}{1,20}$/u,
  },
  character_string: {
    fit: (text) =>
      orDash(
        text
          .replace(/[^\x20-\x7e]/g, '')
          .trim()
          .slice(0, 32),
      ),
    takes: /^[\x20-\x7e]{1,32}$/,
  },
  phrase: {
    fit: (text) => text.replace(/\P{Script=Han}/gu, '').slice(0, 5),
    takes: /^\p{Script=Han}{1,5}$/u,
  },
  name: {
    fit: (text) =>
      /\p{Script=Han}/u.test(text)
        ? text.replace(/\P{Script=Han}/gu, '').slice(0, 10)
        : text
            .replace(/[^A-Za-z .'-]/g, '')
            .trim()
            .slice(0, 20),
    takes: /^(?:\p{Script=Han}{1,10}|[A-Za-z .'-]{1,20})$/u,
  },
  letter: {
    fit: (text) => text.replace(/[^A-Za-z]/g, '').slice(0, 32),
    takes: /^[A-Za-z]{1,32}$/,
  },
  // What follows is never cut: part of a number, an amount or a time would say something else.
  number: { fit: asIs, takes: /^\d{1,32}(?:\.\d{1,4})?$/ },
  amount: { fit: asIs, takes: /^[¥￥$€£]?\d{1,10}(?:\.\d{1,2})?元?$/ },
  date: { fit: asIs, takes: /^\d{4}年\d{1,2}月\d{1,2}日(?: \d{2}:\d{2}(?::\d{2})?)?$/ },
  time: { fit: asIs, takes: /^(?:\d{4}年\d{1,2}月\d{1,2}日 )?\d{2}:\d{2}(?::\d{2})?$/ },
}

const FIELD = /^([a-z_]+)\d{1,2}$/
function typeOf(field: string): FieldType | undefined {
  const type = FIELD.exec(field)?.[1] ?? ''
  return Object.hasOwn(FIELD_TYPES, type) ? FIELD_TYPES[type] : undefined
}

/** @returns the text in the form that a field takes, or undefined where it can't be brought into it */
export function fitted(field: string, text: string): string | undefined {
  const type = typeOf(field)
  const value = type?.fit(text)
  return value !== undefined && type?.takes.test(value) ? value : undefined
}

/** One template of a subscribe message: its id, the page that it opens, and a text for each field. */
export type Template = { id: string; page?: string | undefined; data: Record<string, string> }
/** Templates by the news that they tell; what has none is not told. */
export type Templates = Partial<Record<'paid' | 'shipped' | 'refunded', Template | undefined>>

/** Made when they are needed: every function reads the settings, and few have such templates. */
const schema = /* @__PURE__ */ once(() => {
  const template = z.strictObject({
    id: z.string().check(z.regex(/^[\w-]{20,64}$/)),
    page: z.optional(z.string().check(z.minLength(1), z.maxLength(1024))),
    data: z
      .record(z.string(), z.string().check(z.minLength(1), z.maxLength(200)))
      .check(z.refine((data) => Object.keys(data).every((field) => typeOf(field) !== undefined))),
  })
  const one = z.optional(template)
  return z.strictObject({ paid: one, shipped: one, refunded: one })
})

/** @returns undefined where they are not valid */
export function readTemplates(value: unknown): Templates | undefined {
  return z.safeParse(schema(), value).data
}
