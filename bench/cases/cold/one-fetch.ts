/** A handler that asks Redis one thing, as everybody would: by fetch. */
export const handler = async () => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = process.env
  const answer = await fetch(`${UPSTASH_REDIS_REST_URL}/ping`, {
    headers: { authorization: `Bearer ${UPSTASH_REDIS_REST_TOKEN}` },
  })
  return { statusCode: answer.status, headers: {}, body: await answer.text() }
}
