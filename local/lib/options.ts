import { type ParseArgsConfig, parseArgs } from 'node:util'

type Config = NonNullable<ParseArgsConfig['options']>

/**
 * Reads a command's options. `--help` prints `help` and ends; what the command does not know is named
 * in one sentence and ends it with code 1.
 */
export function optionsOf<const T extends Config>(help: string, options: T) {
  const config = {
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: false,
  } as const
  try {
    const { values } = parseArgs(config)
    if ('help' in values && values.help === true) {
      console.log(help)
      process.exit(0)
    }
    return values
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ')
    console.error(`minimall: ${sentence}. See -- --help.`)
    process.exit(1)
  }
}
