/**
 * Which messages of a batch failed, as Lambda reads a handler's answer with ReportBatchItemFailures:
 * an empty or missing list means that all went well; a list that Lambda can't read, or that names a
 * message that was not in the batch, means that the whole batch failed.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function failedOf(result: unknown, messageIds: readonly string[]): Set<string> {
  if (result === null || result === undefined || typeof result !== 'object') return new Set()
  const { batchItemFailures: list } = result as { batchItemFailures?: unknown }
  if (list === null || list === undefined) return new Set()
  const everything = new Set(messageIds)
  if (!Array.isArray(list)) return everything
  const failed = new Set<string>()
  for (const entry of list) {
    const id = (entry as { itemIdentifier?: unknown } | null)?.itemIdentifier
    if (typeof id !== 'string' || !everything.has(id)) return everything
    failed.add(id)
  }
  return failed
}
