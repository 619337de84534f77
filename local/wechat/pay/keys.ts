import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  randomInt,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptSecret } from '../../lib/secrets.ts'
import { certify, newRsaKey, newSerial, validityOf } from './certificate.ts'
import { beijing, beijingDay } from './times.ts'

type Certificate = { serial: string; certificate: string; privateKey: string }
type Platform = { certificates: Certificate[]; signer: string }

/** So many platform certificates are valid at a time; the newest signs. */
const OVERLAP = 3

/** Keys and certificates of the merchant and of WeChat Pay itself. Made once, kept in `dir`. */
export class PayKeys {
  readonly mchId: string
  /** 32 characters: encrypts notices and certificates. */
  readonly apiV3Key: string
  readonly mchSerial: string
  readonly mchPrivateKey: string
  readonly mchPublicKey: string
  readonly publicKeyId: string
  readonly publicKey: string
  readonly #publicKeyPrivate: string
  readonly #path: string
  #platform: Platform

  private constructor(
    dir: string,
    now: number,
    merchantKey: string,
    publicKey: string,
    platform: Platform,
  ) {
    const kept = (name: string, make: () => string) => keptSecret(join(dir, name), make)
    this.mchId = kept('mch-id', () => `${randomInt(1_600_000_000, 1_800_000_000)}`)
    this.apiV3Key = kept('api-v3-key', () => randomBytes(16).toString('hex'))
    this.mchSerial = kept('mch-serial', newSerial)
    this.mchPrivateKey = kept('mch-private-key.pem', () => merchantKey)
    this.mchPublicKey = publicHalf(this.mchPrivateKey)
    this.#publicKeyPrivate = kept('public-key-private.pem', () => publicKey)
    this.publicKeyId = kept('public-key-id', () => {
      return `PUB_KEY_ID_01${this.mchId}${beijingDay(now).replaceAll('-', '')}00000000`
    })
    this.publicKey = publicHalf(this.#publicKeyPrivate)
    this.#path = join(dir, 'platform.json')
    this.#platform = platform
    if (!existsSync(this.#path)) this.#save()
  }

  static async open(dir: string, now: number): Promise<PayKeys> {
    mkdirSync(dir, { recursive: true })
    const path = join(dir, 'platform.json')
    // The platform file is written last: where it is there, so is everything else.
    if (existsSync(path))
      return new PayKeys(dir, now, '', '', JSON.parse(readFileSync(path, 'utf8')))
    const [merchant, publicKey, first] = await Promise.all([newRsaKey(), newRsaKey(), issue(now)])
    return new PayKeys(dir, now, merchant, publicKey, {
      certificates: [first],
      signer: first.serial,
    })
  }

  /** What signs answers and notices now: the serial that they name, and the private key. */
  get signer(): { serial: string; privateKey: string } {
    const { certificates, signer } = this.#platform
    const certificate = certificates.find(({ serial }) => serial === signer)
    return certificate ?? { serial: this.publicKeyId, privateKey: this.#publicKeyPrivate }
  }

  /** Makes a new platform certificate, which signs from now on. The ones before stay valid for a while. */
  async rotate(now: number): Promise<void> {
    const fresh = await issue(now)
    const certificates = [...this.#platform.certificates, fresh].slice(-OVERLAP)
    this.#platform = { certificates, signer: fresh.serial }
    this.#save()
  }

  /** From now on the public key's private half signs, until the next {@link rotate}. */
  usePublicKey(): void {
    this.#platform = { ...this.#platform, signer: this.publicKeyId }
    this.#save()
  }

  /** The body of GET /v3/certificates. */
  certificates(): Record<string, unknown> {
    const data = this.#platform.certificates.map(({ serial, certificate }) => {
      const { from, to } = validityOf(certificate)
      return {
        serial_no: serial,
        effective_time: beijing(from),
        expire_time: beijing(to),
        encrypt_certificate: this.encrypt(certificate, 'certificate'),
      }
    })
    return { data }
  }

  /**
   * AEAD_AES_256_GCM with the API v3 key; the tag follows the ciphertext.
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
   */
  encrypt(text: string, associatedData: string): Record<string, string> {
    const nonce = randomBytes(6).toString('hex')
    const cipher = createCipheriv('aes-256-gcm', this.apiV3Key, nonce)
    cipher.setAAD(Buffer.from(associatedData))
    const ciphertext = Buffer.concat([
      cipher.update(text, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ])
    return {
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: ciphertext.toString('base64'),
      associated_data: associatedData,
      nonce,
    }
  }

  /** In one step: a kill while writing leaves the old file. */
  #save(): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#platform), { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }
}

async function issue(now: number): Promise<Certificate> {
  const privateKey = await newRsaKey()
  const serial = newSerial()
  return { serial, privateKey, certificate: certify(privateKey, serial, now) }
}

function publicHalf(privateKey: string): string {
  const key = createPublicKey(createPrivateKey(privateKey))
  return key.export({ type: 'spki', format: 'pem' }) as string
}
