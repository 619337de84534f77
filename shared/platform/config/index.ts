import { setLogLevel } from '../telemetry/log.ts'
import { readSecret, readSecrets } from './secrets.ts'
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

/**
 * Reads one secret again, for what has to change while containers live.
 * @returns undefined where secrets do not come from SSM (local stack)
 * @throws where SSM refuses, or does not answer in time
 */
export async function rereadSecret(name: keyof Settings): Promise<string | undefined> {
  const { SECRETS_PATH, AWS_REGION } = process.env
  if (SECRETS_PATH === undefined || SECRETS_PATH === '') return undefined
  return readSecret(`${SECRETS_PATH}/${name}`, AWS_REGION ?? '')
}
