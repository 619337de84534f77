import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenApi } from '../../shared/platform/http/openapi-types.ts'
import { ROOT } from '../root.ts'

const DESCRIPTION = `The backend of a WeChat mini-program shop.

**Answers.** Success is \`{"code":0,"message":"ok","data":…,"traceId":"…"}\`; an error is
\`{"code":40901,"message":"…","data":null,"traceId":"…","details":…}\` with the fitting HTTP status.
\`code\` is the status times 100 plus a stable number: switch on it, never on the text. Routes that
follow a standard of their own (JWKS, this document) come without the envelope.

**Trace ids.** Send \`X-Trace-ID\` (8 to 64 of \`A-Z a-z 0-9 . _ -\`) or get a new one. It comes back as
a header and in the envelope, and names the request in every log line that it causes: quote it when you
report a problem.

**Signing in.** \`Authorization: Bearer ACCESS_TOKEN\`. 401 asks who you are: on 40102 refresh the
token, on 40101 and 40103 sign in again. 403 means not for your role. A thing of somebody else's
answers 404.

**Values.** Money is whole fen, in fields called \`…Fen\`. Times are ISO 8601 in UTC. Ids are strings.
Fields that would be null are left out of answers.

**Lists.** \`?limit=20&cursor=…\` answers \`{"items":[…],"nextCursor":"…"}\`; \`nextCursor\` is null at
the end. \`limit\` is 1 to 100.

**Retries.** What takes an \`Idempotency-Key\` may be sent again with the same key and body: for a day it is
done once and gives the same answer, refusals (400, 404, 409, 422) too. Only placing an order asks for a key.
40903 says that the first is still being answered, 42201 that the key came with something else. 40903, 429
and 503 say in \`Retry-After\` how many seconds to wait.

**Refusals.** Bad input is 400 and \`details\` names each wrong field; fields that are not known are
refused; a body over 256 KiB is 413. Answers over 1 KiB are compressed for clients that take gzip.`

/** The domains, in the order in which a reader meets them: one folder below functions/ each. */
const TAGS = {
  auth: 'Signing in with WeChat, tokens, and the devices of a user',
  users: 'The signed-in user',
  addresses: 'Where orders go',
  catalog: 'Categories and products',
  cart: 'What a user means to buy',
  coupons: 'Coupons: to claim, to use, to give out',
  orders: 'Orders, from the promise to the parcel',
  payments: 'Paying with WeChat Pay, and what WeChat says about it',
  stock: 'Where every unit of a SKU is',
  campaigns: 'Mails to many',
  exports: 'Orders as a file',
  ops: 'Health, queues, and this contract',
}

/** What the document says of itself. Blank lines part paragraphs; other line ends are only those here. */
export function about(): Pick<OpenApi, 'info' | 'tags'> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const description = DESCRIPTION.replace(/([^\n])\n(?!\n)/g, '$1 ')
  return {
    info: {
      title: 'minimall',
      version,
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  }
}
