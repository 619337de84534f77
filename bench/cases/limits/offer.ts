import { equal } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Containers } from '../../../local/lib/containers.ts'

/** A crowd behind so many addresses. */
const ADDRESSES = 5_000
const TICK_MILLIS = 2

function eventOf(number: number): object {
  const sourceIp = `10.0.${Math.floor(number / 250)}.${number % 250}`
  return {
    version: '2.0',
    headers: {},
    requestContext: { http: { sourceIp } },
    isBase64Encoded: false,
  }
}

export type Offered = { accepted: number; refused: number; seconds: number }

/** Requests at a steady rate, whether they are answered or not. @returns when all were answered */
export async function offer(
  containers: Containers,
  exported: string,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Offered> {
  const counts = { accepted: 0, refused: 0 }
  const request = async () => {
    const event = eventOf(Math.floor(Math.random() * ADDRESSES))
    const { statusCode } = await containers.invoke<APIGatewayProxyStructuredResultV2>(
      event,
      exported,
    )
    if (statusCode === 200) counts.accepted++
    else {
      equal(statusCode, 429)
      counts.refused++
    }
  }
  const began = performance.now()
  const answers: Promise<void>[] = []
  while (answers.length < perSecond * seconds) {
    const due = Math.min(perSecond * seconds, ((performance.now() - began) * perSecond) / 1000)
    while (answers.length < due) answers.push(request())
    await sleep(TICK_MILLIS)
  }
  await Promise.all(answers)
  return { ...counts, seconds: (performance.now() - began) / 1000 }
}
