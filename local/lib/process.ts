import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, createWriteStream } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Runs a command so that it never outlives us, also when we are killed with SIGKILL: standard input
 * is a pipe from us, and when it closes the command gets SIGTERM.
 */
const SUPERVISOR = `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(trap '' INT; cat <&3 >/dev/null; kill -TERM $child 2>/dev/null) &
exec 3<&-
trap 'kill -TERM $child 2>/dev/null' TERM
trap '' INT
wait $child
status=$?
exit $status
`

const GRACE_MILLIS = 8_000

export type Service = {
  /** Settles with how the process ended, whoever ended it. */
  exited: Promise<string>
  /** Asks it to end, and makes it end after some seconds. Safe to call again. */
  stop(): Promise<void>
}

export type RunOptions = {
  command: string
  args: readonly string[]
  /** Everything that it prints goes here. */
  logFile: string
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Gets each line as well. */
  onLine?: (line: string) => void
}

/** Starts a service in a process group of its own, so that Ctrl-C in the terminal reaches only us. */
export function run({ command, args, logFile, env, cwd, onLine }: RunOptions): Service {
  const child: ChildProcess = spawn('sh', ['-c', SUPERVISOR, 'sh', command, ...args], {
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
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The group is gone already.
    }
  }
  return {
    exited,
    async stop() {
      child.stdin?.end()
      const timer = setTimeout(kill, GRACE_MILLIS)
      await exited
      clearTimeout(timer)
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
