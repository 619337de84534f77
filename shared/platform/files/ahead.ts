/**
 * The same values, of which one is always made ahead: the source works on the next while the consumer
 * works on the last, and never further ahead than that, so a slow consumer holds a fast source back.
 * What the source throws comes when its turn has come.
 */
export async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]()
  const begin = () => {
    const next = iterator.next()
    // Heard when it is awaited; not an unhandled rejection until then.
    next.catch(() => {})
    return next
  }
  let next = begin()
  try {
    for (let result = await next; result.done !== true; result = await next) {
      next = begin()
      yield result.value
    }
  } finally {
    // A consumer that has enough: nothing goes on behind its back.
    await next.catch(() => {})
    await iterator.return?.()
  }
}
