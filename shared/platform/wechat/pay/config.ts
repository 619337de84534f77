/** What the client needs to know of the merchant and of WeChat Pay; index.ts makes it from the settings. */
export type WechatPayConfig = {
  /** Address of the API, e.g. `https://api.mch.weixin.qq.com`. */
  url: string
  appId: string
  mchId: string
  /** Serial number of the merchant's API certificate, hexadecimal. */
  mchSerial: string
  /** The private key of that certificate, PKCS#8 PEM. */
  privateKey: string
  /** 32 bytes: the key of AES-256-GCM for notices and certificates. */
  apiV3Key: string
  /** WeChat Pay's public key (PEM) and its id, of merchants that have one. */
  publicKey?: { id: string; pem: string }
  /** Public address of this API. */
  apiUrl: string
  /** The clock in milliseconds; another one only for tests. */
  now?: () => number
}
