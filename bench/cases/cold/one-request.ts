import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** A handler that asks Redis one thing, by node:http: the least that whoever asks anything pays. */
export const handler = async () => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = process.env
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${UPSTASH_REDIS_REST_TOKEN}` }
    const asked = request(`${UPSTASH_REDIS_REST_URL}/ping`, { headers }, async (answer) =>
      resolve({ statusCode: answer.statusCode, headers: {}, body: await text(answer) }),
    )
    asked.once('error', reject).end()
  })
}
