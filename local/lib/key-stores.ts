import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { ssm } from '../../shared/platform/config/secrets.ts'
import { parseSetting } from '../../shared/platform/config/settings.ts'
import type { KeyRing } from './key-ring.ts'

const CALL_MILLIS = 10_000

/** Where a set of keys is kept. */
export type KeyStore = {
  /** Keeps a first set. @throws where there is one already */
  create(ring: KeyRing): Promise<void>
  read(): Promise<KeyRing>
  /** Replaces what was read before. @throws where somebody else changed it meanwhile, if that shows */
  write(ring: KeyRing): Promise<void>
}

const ringOf = (text: string) => parseSetting('JWT_KEYS', text) as unknown as KeyRing

/** Keys in a file that only its owner may read. */
export function fileStore(path: string): KeyStore {
  const save = (target: string, ring: KeyRing, flag: string) =>
    writeFileSync(target, JSON.stringify(ring), { mode: 0o600, flag })
  return {
    create: async (ring) => save(path, ring, 'wx'),
    read: async () => ringOf(readFileSync(path, 'utf8')),
    write: async (ring) => {
      // Whole or not at all.
      save(`${path}.new`, ring, 'w')
      renameSync(`${path}.new`, path)
    },
  }
}

const nameOf = (stage: string) => `/minimall/${stage}/JWT_KEYS`

/** Writes the parameter of a stage. @returns its new version */
async function put(stage: string, region: string, ring: KeyRing, Overwrite: boolean) {
  const input = {
    Name: nameOf(stage),
    Type: 'SecureString',
    Value: JSON.stringify(ring),
    Overwrite,
  }
  const signal = AbortSignal.timeout(CALL_MILLIS)
  return (await ssm<{ Version: number }>('PutParameter', input, region, signal)).Version
}

/** Keeps the same set in another region, where tokens of the first must be good; whatever is there. */
export async function copyTo(stage: string, region: string, ring: KeyRing): Promise<void> {
  await put(stage, region, ring, true)
}

/**
 * Keys in AWS Systems Manager, where functions find them: `/minimall/STAGE/JWT_KEYS`.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
export function parameterStore(stage: string, region: string): KeyStore {
  const Name = nameOf(stage)
  let version = 0
  return {
    create: async (ring) => {
      await put(stage, region, ring, false)
    },
    read: async () => {
      type Answer = { Parameter: { Value: string; Version: number } }
      const signal = AbortSignal.timeout(CALL_MILLIS)
      const input = { Name, WithDecryption: true }
      const { Parameter } = await ssm<Answer>('GetParameter', input, region, signal)
      version = Parameter.Version
      return ringOf(Parameter.Value)
    },
    write: async (ring) => {
      // SSM has no compare-and-set; its versions at least tell.
      if ((await put(stage, region, ring, true)) !== version + 1) {
        throw new Error(`somebody else changed ${Name} at the same time: list, and mend by hand`)
      }
    },
  }
}
