/**
 * Calls `stop` once: on Ctrl-C, on a signal that ends programs, or when the bootstrap that started
 * us was killed outright (our channel to it closes).
 */
export function whenAsked(stop: (signal: NodeJS.Signals) => void): void {
  let asked = false
  const ask = (signal: NodeJS.Signals) => {
    if (asked) return
    asked = true
    stop(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  process.on('disconnect', () => ask('SIGTERM'))
  // Waiting for it must not keep us running.
  process.channel?.unref()
}
