import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Reads a file that only its owner may read; makes it with what `make` returns where it is missing. */
export function keptSecret(path: string, make: () => string = randomSecret): string {
  if (existsSync(path)) return readFileSync(path, 'utf8')
  const value = make()
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, value, { mode: 0o600 })
  return value
}

/** 144 random bits, in characters that need no escaping anywhere. */
export function randomSecret(): string {
  return randomBytes(18).toString('base64url')
}
