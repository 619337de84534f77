/** What the packaged functions are measured against: it answers, and that is all. */
export const handler = async () => ({ statusCode: 200, headers: {}, body: '{}' })
