import { currentScope } from './scope.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

/** Facts of a log line. Never personal data, tokens, keys or SQL values: the log outlives them. */
export type Fields = Record<string, string | number | boolean | null | undefined>

let threshold: number = LEVELS.indexOf('info')

/** Sets the lowest level that is written. */
export function setLogLevel(level: Level): void {
  threshold = LEVELS.indexOf(level)
}

function write(level: Level, message: string, fields: Fields): void {
  if (LEVELS.indexOf(level) < threshold) return
  const scope = currentScope()
  const line = {
    level,
    time: new Date().toISOString(),
    message,
    traceId: scope?.traceId,
    function: scope?.functionName,
    coldStart: scope?.coldStart,
    ...fields,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Looking for personal data takes time that grows with the square of the text: this much is looked at. */
const SEARCHED_LENGTH = 1_000
const SHOWN_LENGTH = 160

/**
 * What of an error may be logged: names, codes and the messages of the chain of causes. Messages of
 * drivers are cut at their first line and length, since some repeat the whole command.
 */
export function describeError(error: unknown): string {
  const parts: string[] = []
  let current: unknown = error
  for (let depth = 0; depth < 4 && current !== undefined && current !== null; depth++) {
    if (!(current instanceof Error)) {
      parts.push(typeof current)
      break
    }
    const firstLine = current.message.slice(0, SEARCHED_LENGTH).split('\n', 1)[0] ?? ''
    parts.push(`${current.name}: ${withoutPersonalData(firstLine).slice(0, SHOWN_LENGTH)}`)
    current = current.cause
  }
  return parts.join(' <- ')
}

/** Phone numbers and addresses may stand in the message of an error that nobody foresaw. */
function withoutPersonalData(text: string): string {
  return text.replace(/\d{7,}/g, '#').replace(/\S+@\S+/g, '#')
}

/** One JSON line per event, with the trace id, function and cold start of the running invocation. */
export const log = {
  debug: (message: string, fields: Fields = {}) => write('debug', message, fields),
  info: (message: string, fields: Fields = {}) => write('info', message, fields),
  warn: (message: string, fields: Fields = {}) => write('warn', message, fields),
  error: (message: string, error: unknown, fields: Fields = {}) =>
    write('error', message, { ...fields, error: describeError(error), at: frameOf(error) }),
}

/** The first frame of the stack: where it happened, without the whole trace. */
function frameOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return error.stack
    ?.split('\n')
    .find((line) => line.trimStart().startsWith('at '))
    ?.trim()
}
