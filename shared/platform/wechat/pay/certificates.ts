import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import * as z from 'zod/mini'
import { log } from '../../telemetry/log.ts'
import type { WechatPayConfig } from './config.ts'
import { decrypt, Encrypted } from './decrypt.ts'
import { unavailable } from './errors.ts'
import type { RawAnswer, Transport } from './transport.ts'
import { type KeyOf, SignatureRefused, verifySignature } from './verify.ts'

/** WeChat Pay asks for a look at least every 12 hours: a new certificate is listed 24 hours ahead. */
const REFRESH_MILLIS = 6 * 3_600_000
/** At least this long between fetches, so that made-up serials can't make us hammer WeChat Pay. */
const GAP_MILLIS = 10_000
/** The same after a fetch that failed: WeChat Pay repeats a notice after 15 s. */
const FAILED_GAP_MILLIS = 5_000
/** A notice has to be answered within 5 s. */
const FETCH_MILLIS = 3_000

const TARGET = '/v3/certificates'
const ABOUT = 'certificates'

const List = z.object({
  data: z.array(
    z.object({
      serial_no: z.string(),
      effective_time: z.string(),
      expire_time: z.string(),
      encrypt_certificate: Encrypted,
    }),
  ),
})

type Certificate = { key: KeyObject; from: number; until: number }
type Certificates = Map<string, Certificate>

/**
 * The keys with which WeChat Pay signs: its public key, where the merchant has one, and its platform
 * certificates, fetched when a serial is not known and kept for some hours. While certificates are
 * exchanged several are good at once, each within its own time.
 * @returns a function that throws Unavailable where the certificates are needed and can't be had
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012551764 (list of certificates)
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012154180 (from certificates to the public key)
 */
export function createKeys(
  { publicKey, apiV3Key }: Pick<WechatPayConfig, 'publicKey' | 'apiV3Key'>,
  transport: Transport,
  now: () => number = Date.now,
): KeyOf {
  const own = publicKey && { id: publicKey.id, key: createPublicKey(publicKey.pem) }
  let known: Certificates = new Map()
  let fetchedAt = Number.NEGATIVE_INFINITY
  /** Not before this is anything fetched again. */
  let next = Number.NEGATIVE_INFINITY
  let failed = false
  let fetching: Promise<void> | undefined

  function validKey(from: Certificates, serial: string): KeyObject | undefined {
    const certificate = from.get(serial)
    if (certificate === undefined) return undefined
    return certificate.from <= now() && now() < certificate.until ? certificate.key : undefined
  }

  async function load(): Promise<void> {
    failed = true
    next = now() + FAILED_GAP_MILLIS
    const answer = await transport({
      method: 'GET',
      target: TARGET,
      about: ABOUT,
      capMillis: FETCH_MILLIS,
    })
    const listed = certificatesOf(answer, apiV3Key)
    // Signed with one of the very certificates that it lists, or with a key that is known.
    const signers: KeyOf = (serial) =>
      own?.id === serial ? own.key : (validKey(listed, serial) ?? validKey(known, serial))
    await verifySignature(answer.headers, answer.body, signers, now()).catch((error: unknown) => {
      if (error instanceof SignatureRefused) throw unavailable(`${ABOUT}: ${error.message}`)
      throw error
    })
    known = listed
    failed = false
    fetchedAt = now()
    next = fetchedAt + GAP_MILLIS
  }

  /** One fetch at a time, whoever asks. */
  function refresh(): Promise<void> {
    fetching ??= load().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  return async (serial) => {
    if (serial === own?.id) return own.key
    // No certificate has such a name, so there is nothing to fetch.
    if (serial.startsWith('PUB_KEY_ID_')) return undefined
    const key = validKey(known, serial)
    if (key !== undefined && now() - fetchedAt < REFRESH_MILLIS) return key
    if (fetching === undefined && now() < next) {
      if (key === undefined && failed) throw unavailable(`${ABOUT}: failed a moment ago`)
      return key
    }
    try {
      await refresh()
    } catch (error) {
      // A certificate is good until its time is over, also when WeChat Pay does not answer.
      if (key === undefined) throw error
      log.warn('the platform certificates of WeChat Pay could not be refreshed')
    }
    return validKey(known, serial)
  }
}

/** @throws Unavailable where the answer is not a list that the API v3 key opens */
function certificatesOf({ status, body }: RawAnswer, apiV3Key: string): Certificates {
  // A merchant that has only the public key: there are no certificates, and none will come.
  if (status === 404) return new Map()
  if (status !== 200) throw unavailable(`${ABOUT}: ${status}`)
  try {
    const { data } = z.parse(List, JSON.parse(body.toString()))
    return new Map(
      data.map((entry) => {
        const certificate = new X509Certificate(decrypt(apiV3Key, entry.encrypt_certificate))
        if (BigInt(`0x${certificate.serialNumber}`) !== BigInt(`0x${entry.serial_no}`)) {
          throw new Error('serial differs')
        }
        return [
          entry.serial_no,
          {
            key: certificate.publicKey,
            from: Math.max(Date.parse(entry.effective_time), Date.parse(certificate.validFrom)),
            until: Math.min(Date.parse(entry.expire_time), Date.parse(certificate.validTo)),
          },
        ]
      }),
    )
  } catch {
    throw unavailable(`${ABOUT}: not a list that the API v3 key opens`)
  }
}
