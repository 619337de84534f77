import { send } from '../../net/send.ts'
import { breakerOf } from '../../resilience/upstreams.ts'
import { callDeadline, currentScope } from '../../telemetry/scope.ts'
import type { WechatPayConfig } from './config.ts'
import { unavailable } from './errors.ts'
import type { Signer } from './sign.ts'
import type { SignatureHeaders } from './verify.ts'

/** An answer as it came, not verified. */
export type RawAnswer = { status: number; headers: SignatureHeaders; body: Buffer }

export type Call = {
  method: 'GET' | 'POST'
  /** Path and query, or an address that WeChat Pay gave out. */
  target: string
  /** What errors and logs call it. */
  about: string
  body?: unknown
  /** How long the call may take; the invocation's own deadline may come first. */
  capMillis?: number
}

export type Transport = (call: Call) => Promise<RawAnswer>

const CALL_MILLIS = 5_000
/** Answers of one that fails, or is asked too much. */
const isFailing = ({ status }: RawAnswer) => status >= 500 || status === 429

/**
 * Sends signed calls to WeChat Pay, and checks nothing of the answers. No retries: whoever calls
 * knows what may be sent twice.
 */
export function createTransport(
  { url, publicKey }: Pick<WechatPayConfig, 'url' | 'publicKey'>,
  signer: Signer,
): Transport {
  return (call) => breakerOf('wechat pay').run(() => exchange(call), isFailing)

  async function exchange(call: Call): Promise<RawAnswer> {
    const { method, target, about, body, capMillis = CALL_MILLIS } = call
    const address = new URL(target, url)
    const text = body === undefined ? '' : JSON.stringify(body)
    const traceId = currentScope()?.traceId
    try {
      const response = await send(address, {
        method,
        headers: {
          Accept: 'application/json',
          Authorization: signer.authorization(method, address.pathname + address.search, text),
          // WeChat Pay refuses calls without it.
          'User-Agent': 'minimall',
          ...(text === '' ? {} : { 'Content-Type': 'application/json' }),
          // Asks for answers that are signed with the public key, also during the switch to it.
          ...(publicKey === undefined ? {} : { 'Wechatpay-Serial': publicKey.id }),
          ...(traceId === undefined ? {} : { 'X-Trace-ID': traceId }),
        },
        signal: callDeadline(capMillis),
        ...(text === '' ? {} : { body: text }),
      })
      // The signature is good for this one address.
      if (response.status >= 300 && response.status < 400) throw new Error('sent elsewhere')
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: response.bytes(),
      }
    } catch (error) {
      // What is thrown may hold the address and what was sent.
      throw unavailable(`${about}: ${(error as Error).name}`)
    }
  }
}
