// `npm run -s keys`: prints a new signing key in the form that JWT_KEYS wants.
import { newSigningKeys } from './lib/signing-keys.ts'

console.log(newSigningKeys())
