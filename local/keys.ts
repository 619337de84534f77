// `npm run keys`: makes and rotates the keys that sign access tokens.
import {
  add,
  dueStep,
  type KeyRing,
  newRing,
  promote,
  retire,
  rotate,
  signerOf,
  TooEarly,
} from './lib/key-ring.ts'
import { copyTo, fileStore, type KeyStore, parameterStore } from './lib/key-stores.ts'
import { stepOf } from './lib/options.ts'

const STEPS = ['new', 'list', 'add', 'promote', 'retire', 'rotate'] as const
const HELP = `Usage: npm run keys -- STEP (--stage NAME [--region NAME] [--also NAME …] | --file PATH | --print) [--force]

Makes and rotates the keys of JWT_KEYS, which sign access tokens. Private keys are shown by no step,
except with --print. See docs/runbooks/rotate-signing-keys.md.

  new       makes the first key
  list      lists the keys: which one signs, since when, and which step is next
  add       publishes a new key, which does not sign yet
  promote   lets it sign: an hour after it was added, when everybody knows it
  retire    drops keys whose tokens have all expired: two hours after they stopped signing
  rotate    takes whichever of these three is due, if one is; a new key every 30 days. Safe to run
            by the clock, e.g. each hour

  --stage NAME    on the parameter /minimall/NAME/JWT_KEYS in AWS Systems Manager, with the AWS
                  credentials of the environment
  --region NAME   where that is; AWS_REGION if left out
  --also NAME     another region that is to have the same keys, with every step but list. Where that
                  fails, take rotate again: it copies also where no step is due
  --file PATH     on a file, e.g. .local/secrets/jwt-keys.json of a stopped npm start
  --print         only with new: prints the new set, private key included
  --force         promotes or retires before its time: tokens that are good are refused for a while`

const { step, values } = stepOf(HELP, STEPS, {
  stage: { type: 'string' },
  region: { type: 'string' },
  also: { type: 'string', multiple: true, default: [] },
  file: { type: 'string' },
  print: { type: 'boolean' },
  force: { type: 'boolean' },
})

function storeOf({ stage, region = process.env.AWS_REGION, file }: typeof values): KeyStore {
  if ((stage === undefined) === (file === undefined))
    throw new Error('name either --stage or --file')
  if (file !== undefined) return fileStore(file)
  if (region === undefined) throw new Error('name the --region')
  return parameterStore(stage ?? '', region)
}

/** Also where nothing has changed: what did not get there the last time does now. */
async function copy(ring: KeyRing): Promise<void> {
  const { stage, also } = values
  if (also.length > 0 && stage === undefined) throw new Error('--also goes with --stage only')
  for (const region of also) await copyTo(stage ?? '', region, ring)
}

const time = (seconds: number | undefined) =>
  seconds === undefined ? '-' : `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`

function describe(ring: KeyRing): void {
  console.table(
    ring.keys.map((key) => ({
      kid: key.kid,
      state: key === signerOf(ring) ? 'signs' : key.nbf === undefined ? 'waits' : 'retires',
      made: time(key.iat),
      'signs since': time(key.nbf),
      'tokens until': time(key.exp),
    })),
  )
  const { step: next, from } = dueStep(ring)
  const due = from <= now ? 'now' : `from ${time(from)}`
  console.log(`next: ${next}, ${due}`)
}

const now = Math.floor(Date.now() / 1000)

async function run(): Promise<void> {
  const { force = false } = values
  if (values.print) {
    const { stage, file } = values
    if (step !== 'new' || stage !== undefined || file !== undefined) {
      throw new Error('--print goes with new only, and writes nothing: no --stage, no --file')
    }
    console.log(JSON.stringify(newRing(now)))
    return
  }
  const store = storeOf(values)
  if (step === 'new') {
    const ring = newRing(now)
    await store.create(ring)
    await copy(ring)
    return describe(ring)
  }
  const ring = await store.read()
  const changed = {
    list: () => ring,
    add: () => add(ring, now),
    promote: () => promote(ring, now, force),
    retire: () => retire(ring, now, force),
    rotate: () => rotate(ring, now),
  }[step]()
  if (changed !== ring) await store.write(changed)
  if (step !== 'list') await copy(changed)
  describe(changed)
}

try {
  await run()
} catch (error) {
  const hint = error instanceof TooEarly ? '; --force does it all the same' : ''
  console.error(`minimall: ${(error as Error).message}${hint}`)
  process.exit(1)
}
