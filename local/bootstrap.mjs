// What `npm start` and `npm test` run first, on whatever Node the machine has (20 or newer): sets up
// what is missing, then hands over to Node 24 from node_modules. Plain JavaScript, no packages.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants as os } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NODE = join(ROOT, 'node_modules', 'node', 'bin', 'node')
const STAMP = join(ROOT, 'node_modules', '.installed-lock')
const COMMANDS = {
  start: 'runs the whole backend on this machine until Ctrl-C',
  test: 'runs every check and test',
  check: 'types, lint, layers, generated docs and sizes only',
  docs: 'writes the documents that are made from the code',
  client: 'builds the client for mini-programs as an npm package',
  demo: "plays one shopper's journey against the running stack",
  invoke: 'calls one function on its sample in events/',
  slow: 'shows what was slow in the databases of the running stack',
  keys: 'makes and rotates the keys that sign access tokens',
  bench: 'measures the shop against other ways of building it',
  drill: 'kills one of two regions under load, and measures until all is well again',
  chaos: 'breaks the stack under load, and checks that nothing was lost',
  model: 'plays the order path under a scheduler that lets everything go wrong',
  bundles: 'what fills each function, and whether it keeps to its budget',
  package: 'builds the CloudFormation template and the zips',
}

const NEED_ENGINES = ['start', 'test', 'bench', 'drill', 'chaos']
/** Where a command's file is, where that is not local/. */
const FOLDERS = { bench: 'bench', drill: 'chaos', chaos: 'chaos', model: 'model' }

const KILL_MILLIS = 1_500
const WATCH_MILLIS = 1_000
let stop = () => process.exit(130)
let stopped = false
/** The first signal counts: Ctrl-C comes from the terminal, and from npm once more. */
function onSignal(signal) {
  if (stopped) return
  stopped = true
  stop(signal === 'SIGHUP' ? 'SIGTERM' : signal)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)

/** npm that was killed outright tells nobody; we end with it. */
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && onSignal('SIGTERM'), WATCH_MILLIS).unref()
}

/**
 * Runs a command to its end, with our terminal but in a group of its own; our signals end it.
 * @param impatient it may be killed outright, with all that it started, where it takes its time
 *   (npm finishes its installation first)
 * @param endWith the signal that it gets, whichever we got
 */
function run(command, args, { impatient = false, endWith, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: 'inherit',
      detached: true,
      ...options,
    })
    const kill = (signal) => {
      try {
        if (impatient) process.kill(-child.pid, signal)
        else child.kill(signal)
      } catch {
        // It has ended already.
      }
    }
    stop = (signal) => {
      kill(endWith ?? signal)
      if (impatient) setTimeout(kill, KILL_MILLIS, 'SIGKILL').unref()
    }
    child.once('error', reject)
    child.once('close', (code, signal) => {
      stop = () => process.exit(130)
      resolve(code ?? 128 + (os.signals[signal] ?? 0))
    })
  })
}

async function must(command, args, options) {
  const code = await run(command, args, options)
  if (stopped) process.exit(130)
  if (code !== 0) fail(`\`${command} ${args.join(' ')}\` ended with code ${code}.`)
}

function fail(message) {
  console.error(`\nminimall: ${message}`)
  process.exit(1)
}

function isInstalled(...names) {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/opt/homebrew/sbin'],
  ]
  return names.some((name) =>
    folders.some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK)
        return true
      } catch {
        return false
      }
    }),
  )
}

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')

async function installPackages() {
  const wanted = lockHash()
  const have = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : ''
  if (have === wanted && existsSync(NODE)) return
  console.log('minimall: installing packages (npm ci), about a minute the first time')
  const options = ['--no-audit', '--no-fund', '--loglevel=error']
  await must('npm', ['ci', ...options], { impatient: true, endWith: 'SIGTERM' })
  if (!existsSync(NODE)) {
    fail(
      'npm left out Node 24 (the package "node" installs it with a script of its own).\n' +
        'Allow install scripts (npm config set ignore-scripts false) and run this again.',
    )
  }
  writeFileSync(STAMP, wanted)
}

const ENGINES = {
  mariadb: ['mariadbd', 'mysqld'],
  redis: ['redis-server', 'valkey-server'],
}
const PACKAGES = { mariadb: 'mariadb-server', redis: 'redis-server' }
const MANAGERS = [
  ['apt-get', 'sudo apt-get install -y mariadb-server redis-server'],
  ['brew', 'brew install mariadb redis'],
  ['dnf', 'sudo dnf install -y mariadb-server redis'],
  ['pacman', 'sudo pacman -S --needed mariadb redis'],
  ['apk', 'sudo apk add mariadb mariadb-server-utils redis'],
]

async function installEngines() {
  const missing = Object.keys(ENGINES).filter((engine) => !isInstalled(...ENGINES[engine]))
  if (missing.length === 0) return
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !isInstalled('apt-get')) {
    const [, hint] = MANAGERS.find(([manager]) => isInstalled(manager)) ?? []
    fail(
      `${missing.join(' and ')} not found on this machine. Install with:\n\n  ` +
        `${hint ?? 'your package manager: MariaDB (or MySQL 8) and Redis (or Valkey)'}\n\n` +
        'and run this again. They are only started privately, on free ports, with data in .local/.',
    )
  }
  console.log(`minimall: installing ${missing.join(' and ')} with apt-get`)
  await withoutServices(async () => {
    // SIGINT ends a download, but lets dpkg finish: what it leaves half done is broken.
    const options = {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      endWith: 'SIGINT',
    }
    await must('apt-get', ['update', '-qq'], options)
    const packages = missing.map((engine) => PACKAGES[engine])
    const flags = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120']
    await must('apt-get', ['install', ...flags, ...packages], options)
  })
}

/** Debian starts what it installs; this keeps it from doing so, since we run engines of our own. */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return work()
  const remove = () => rmSync(policy, { force: true })
  process.on('exit', remove)
  writeFileSync(policy, '#!/bin/sh\nexit 101\n')
  chmodSync(policy, 0o755)
  try {
    await work()
  } finally {
    remove()
    process.off('exit', remove)
  }
}

function usage() {
  const lines = Object.entries(COMMANDS).map(([name, what]) => `  ${name.padEnd(8)} ${what}`)
  return `Usage: npm run COMMAND [-- OPTIONS]\n\n${lines.join('\n')}\n\n\`npm run COMMAND -- --help\` says more.`
}

async function main() {
  const [command, ...args] = process.argv.slice(2)
  if (!Object.hasOwn(COMMANDS, command ?? '')) {
    console.log(usage())
    process.exit(command === undefined || command === '--help' ? 0 : 1)
  }
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(`Node.js 20 or newer is needed; this is ${process.version}.`)
  }
  const asksForHelp = args.includes('--help') || args.includes('-h')
  if (asksForHelp && !existsSync(NODE)) {
    console.log(
      `npm run ${command}: ${COMMANDS[command]}. (Run it once without --help to install.)`,
    )
    return
  }
  await installPackages()
  if (!asksForHelp && NEED_ENGINES.includes(command)) await installEngines()
  const bin = join(ROOT, 'node_modules', '.bin')
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` }
  const folder = FOLDERS[command] ?? 'local'
  process.exitCode = await run(NODE, [join(ROOT, folder, `${command}.ts`), ...args], {
    env,
    // Nothing is sent over it: it closes when we are killed, and the command ends too.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
}

await main()
