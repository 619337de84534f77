import { accessSync, constants } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'

type Config = NonNullable<ParseArgsConfig['options']>

/** Says in one sentence what is wrong with how a command was called, and ends it with code 1. */
export function refuse(sentence: string): never {
  console.error(`minimall: ${sentence}. See -- --help.`)
  process.exit(1)
}

function parsed<const T extends Config>(help: string, options: T, allowPositionals: boolean) {
  const config = {
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals,
  } as const
  try {
    const result = parseArgs(config)
    if ('help' in result.values && result.values.help === true) {
      console.log(help)
      process.exit(0)
    }
    return result
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ')
    return refuse(sentence)
  }
}

/**
 * Reads a command's options. `--help` prints `help` and ends; what the command does not know is named
 * in one sentence and ends it with code 1.
 */
export function optionsOf<const T extends Config>(help: string, options: T) {
  return parsed(help, options, false).values
}

/** Like {@link optionsOf} for a command that also takes names. */
export function argumentsOf<const T extends Config>(help: string, options: T) {
  const { values, positionals } = parsed(help, options, true)
  return { values, names: positionals as readonly string[] }
}

/**
 * Like {@link optionsOf} for a command that does one of several things.
 * @returns which of `steps` was asked for, and the options
 */
export function stepOf<const T extends Config, const S extends string>(
  help: string,
  steps: readonly S[],
  options: T,
) {
  const { values, positionals } = parsed(help, options, true)
  const step = steps.find((name) => name === positionals[0])
  if (step === undefined || positionals.length !== 1) refuse(`name one of: ${steps.join(', ')}`)
  return { step, values }
}

/** @returns the number that an option has; ends the command where it is none, or out of bounds */
export function numberOf(
  option: string,
  text: string,
  { from, to, whole = true }: { from: number; to: number; whole?: boolean },
): number {
  const value = Number(text)
  const fits = value >= from && value <= to && (!whole || Number.isInteger(value))
  if (text.trim() !== '' && fits) return value
  return refuse(`--${option} takes a ${whole ? 'whole ' : ''}number from ${from} to ${to}`)
}

/** Before anything runs: a report that can't be kept would be lost. Ends the command. */
export function mustTake(option: string, file: string | undefined): void {
  if (file === undefined) return
  const folder = dirname(resolve(file))
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    refuse(`--${option}: no file can be written into ${folder}`)
  }
}
