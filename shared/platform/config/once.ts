/**
 * Makes a thing when it is first asked for, and the same one ever after: once per container.
 *
 * Write `/* @__PURE__ *\/` before each call at the top of a module: it does nothing until it is asked
 * for, and a bundle then leaves out what its function never asks for.
 */
export function once<T>(make: () => T): () => T {
  let made: { thing: T } | undefined
  return () => {
    made ??= { thing: make() }
    return made.thing
  }
}
