/**
 * How settings are read from their text. By hand and not with zod, since every function reads all of
 * them at cold start: see docs/decisions/0019-small-bundles.md.
 */
export type Reader<T> = {
  /** @returns undefined where the text is not valid */
  read(text: string): T | undefined
  /** What a setting that is left out is; one without has to be there. */
  missing?: { value: T }
}

export const text: Reader<string> = { read: (value) => value }

/** An http or https address. */
export const url: Reader<string> = {
  read: (value) => (/^https?:$/.test(URL.parse(value)?.protocol ?? '') ? value : undefined),
}

export const matching = (pattern: RegExp): Reader<string> => ({
  read: (value) => (pattern.test(value) ? value : undefined),
})

export const oneOf = <const T extends string>(...values: readonly T[]): Reader<T> => ({
  read: (value) => values.find((known) => known === value),
})

/** A whole number within bounds, both included. */
export const wholeNumber = (fallback: number, from: number, to: number): Reader<number> => ({
  read: (value) => {
    const number = Number(value)
    return Number.isInteger(number) && number >= from && number <= to ? number : undefined
  },
  missing: { value: fallback },
})

/** Texts separated by commas; none where it is left out. */
export const list: Reader<string[]> = {
  read: (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  missing: { value: [] },
}

/** A key in PEM form; `\\n` stands for a line break where a setting must be one line. */
export const pem = (label: string): Reader<string> => ({
  read: (value) => {
    const key = value.replaceAll('\\n', '\n').trim()
    const whole =
      key.startsWith(`-----BEGIN ${label}-----`) && key.endsWith(`-----END ${label}-----`)
    return whole ? key : undefined
  },
})

/** A setting that is written as JSON. @param check gives undefined where the value is not valid */
export const json = <T>(check: (value: unknown) => T | undefined): Reader<T> => ({
  read: (value) => {
    try {
      return check(JSON.parse(value))
    } catch {
      return undefined
    }
  },
})

export const optional = <T>({ read }: Reader<T>): Reader<T | undefined> => ({
  read,
  missing: { value: undefined },
})

export const withDefault = <T>({ read }: Reader<T>, value: NoInfer<T>): Reader<T> => ({
  read,
  missing: { value },
})
