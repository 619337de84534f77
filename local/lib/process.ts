import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, createWriteStream } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Runs a command so that it never outlives us, also when we are killed with SIGKILL: standard input
 * is a pipe from us, and when it closes the command gets SIGTERM; what takes too long to end is
 * killed, with all that it started.
 */
const supervisor = (graceMillis: number) => `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(
  trap '' INT TERM
  cat <&3
  kill -TERM $child
  tenths=${Math.ceil(graceMillis / 100)}
  while kill -0 $child && [ $tenths -gt 0 ]; do sleep 0.1; tenths=$((tenths - 1)); done
  kill -KILL 0
) >/dev/null 2>&1 &
exec 3<&-
trap 'kill -TERM $child 2>/dev/null' TERM
trap '' INT
wait $child
status=$?
exit $status
`

export type Service = {
  /** Settles with how the process ended, whoever ended it. */
  exited: Promise<string>
  /** Asks it to end, and makes it end after some seconds. Safe to call again. */
  stop(): Promise<void>
  /** Sends a signal to it and to all that it started, for drills: SIGKILL, SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void
  /** Ends it at once, with all that it started, as `kill -9` does: for drills. */
  kill(): Promise<void>
}

export type RunOptions = {
  command: string
  args: readonly string[]
  /** Everything that it prints goes here. */
  logFile: string
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** How long it may take to end when it is asked to. */
  graceMillis?: number
  /** Told how it ended, where nobody asked it to. */
  onDeath?: ((how: string) => void) | undefined
  /** Gets each line as well. */
  onLine?: (line: string) => void
}

/** Starts a service in a process group of its own, so that Ctrl-C in the terminal reaches only us. */
export function run({
  command,
  args,
  logFile,
  env,
  cwd,
  graceMillis = 8_000,
  onDeath,
  onLine,
}: RunOptions): Service {
  const child: ChildProcess = spawn('sh', ['-c', supervisor(graceMillis), 'sh', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  })
  const file = createWriteStream(logFile, { flags: 'a' })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.pipe(file, { end: false })
    if (onLine !== undefined && stream) eachLine(stream, onLine)
  }
  // Nobody reads what the supervisor would complain about once it is gone.
  child.stdin?.on('error', () => undefined)
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => {
      file.end()
      resolve(signal ?? `exit code ${code}`)
    })
  })
  /** To the supervisor's watch too, and to what the command may have left. */
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch {
      // The group is gone already.
    }
  }
  let asked = false
  void exited.then((how) => {
    if (!asked) onDeath?.(how)
  })
  return {
    exited,
    async stop() {
      asked = true
      child.stdin?.end()
      await exited
      signal('SIGKILL')
    },
    signal,
    async kill() {
      asked = true
      signal('SIGKILL')
      await exited
    },
  }
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}

/** System directories that are not on everybody's PATH. */
const EXTRA = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/opt/homebrew/sbin']

/** @returns the first of the commands that is installed, as a full path, or undefined */
export function findCommand(...names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...EXTRA]
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // Not here.
      }
    }
  }
  return undefined
}
