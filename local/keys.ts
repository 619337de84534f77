// `npm run -s keys`: prints a new signing key in the form that JWT_KEYS wants.
import { optionsOf } from './lib/options.ts'
import { newSigningKeys } from './lib/signing-keys.ts'

optionsOf(
  'Usage: npm run -s keys\n\nPrints a new private signing key in the form that JWT_KEYS wants.',
  {},
)

console.log(newSigningKeys())
