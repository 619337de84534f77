const WIDTH = 24

export type Progress = {
  /** @param share how much of the step is done, 0 to 1 */
  show(step: string, share?: number): void
  /** Prints to standard output, above the bar. */
  say(text: string): void
  end(): void
}

/** A bar on a terminal; elsewhere a line for each step when it begins. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bar(stream) : lines(stream)
}

function bar(stream: NodeJS.WriteStream): Progress {
  let shown = ''
  const clear = () => stream.write('\r\x1b[K')
  return {
    show(step, share) {
      const done = Math.round((share ?? 0) * WIDTH)
      const percent = share === undefined ? '' : ` ${String(Math.round(share * 100)).padStart(3)} %`
      const next = `${'█'.repeat(done)}${'░'.repeat(WIDTH - done)}${percent}  ${step}`
      if (next === shown) return
      shown = next
      clear()
      stream.write(next.slice(0, Math.max(0, stream.columns - 1)))
    },
    say(text) {
      clear()
      console.log(text)
      stream.write(shown)
    },
    end() {
      clear()
      shown = ''
    },
  }
}

function lines(stream: NodeJS.WriteStream): Progress {
  let last = ''
  return {
    show(step) {
      if (step !== last) stream.write(`… ${step}\n`)
      last = step
    },
    say: (text) => console.log(text),
    end: () => undefined,
  }
}
