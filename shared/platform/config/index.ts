import { setLogLevel } from '../telemetry/log.ts'
import { readSecrets } from './secrets.ts'
import { parseSettings, type Settings } from './settings.ts'

export type { Settings } from './settings.ts'

// Once per cold start, while Lambda still gives the full processor: secrets where this is deployed.
const { SECRETS_PATH, AWS_REGION } = process.env
const secrets =
  SECRETS_PATH === undefined || SECRETS_PATH === ''
    ? {}
    : await readSecrets(SECRETS_PATH, AWS_REGION ?? '')

let parsed: Settings | undefined

/**
 * The settings, checked once per cold start.
 * @throws SettingsInvalid naming every missing or wrong setting
 */
export function settings(): Settings {
  if (parsed === undefined) {
    parsed = parseSettings({ ...process.env, ...secrets })
    setLogLevel(parsed.LOG_LEVEL)
  }
  return parsed
}
