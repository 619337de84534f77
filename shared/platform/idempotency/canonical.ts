import { hash } from 'node:crypto'

/**
 * JSON of which the order of fields makes no difference, as RFC 8785 orders them (by UTF-16 units);
 * fields that are undefined are left out.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** @returns 43 characters that stand for a value: SHA-256 of its canonical JSON */
export const digest = (value: unknown): string => hash('sha256', canonical(value), 'base64url')
