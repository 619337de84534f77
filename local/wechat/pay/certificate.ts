import { createPrivateKey, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

const YEARS = 5
const generate = promisify(generateKeyPair)

/** @returns a new private RSA-2048 key as PKCS#8 PEM */
export async function newRsaKey(): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** @returns a serial number of WeChat's form: 40 hexadecimal digits, upper case */
export function newSerial(): string {
  // The first bit must be 0: a DER integer would be negative otherwise.
  const bytes = randomBytes(20)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex').toUpperCase()
}

/** @returns a self-signed certificate (X.509, SHA-256 with RSA) for this key, as PEM */
export function certify(privateKeyPem: string, serial: string, now: number): string {
  const key = createPrivateKey(privateKeyPem)
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }) as string
  const privateKey = forge.pki.privateKeyFromPem(pkcs1)
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.setRsaPublicKey(privateKey.n, privateKey.e)
  certificate.serialNumber = serial.toLowerCase()
  certificate.validity.notBefore = new Date(now)
  certificate.validity.notAfter = new Date(now)
  certificate.validity.notAfter.setFullYear(certificate.validity.notAfter.getFullYear() + YEARS)
  const subject = [
    { name: 'commonName', value: 'minimall stand-in for WeChat Pay' },
    { name: 'organizationName', value: 'minimall' },
    { name: 'countryName', value: 'CN' },
  ]
  certificate.setSubject(subject)
  certificate.setIssuer(subject)
  certificate.sign(privateKey, forge.md.sha256.create())
  return forge.pki.certificateToPem(certificate)
}

/** @returns from when to when a certificate holds, in milliseconds */
export function validityOf(pem: string): { from: number; to: number } {
  const { validFromDate, validToDate } = new X509Certificate(pem)
  return { from: validFromDate.getTime(), to: validToDate.getTime() }
}
