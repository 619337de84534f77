import type { Patch } from './container/bundle.ts'

/** A bug to be planted: edits of the shop's code, and keys that the database is to do without. */
export type Bug = { about: string; patches: readonly Patch[]; withoutKeys?: readonly string[] }

const ORDERS = 'shared/domain/orders/repository.ts'

/**
 * Bugs that the model must find. What is guarded twice is planted with both guards gone: a model that
 * found one of two missing would be wrong, since nothing goes wrong then.
 */
export const BUGS = {
  'ledger-not-unique': {
    about:
      'An order may be booked twice on a SKU; duplicates of a message fall out by their keys alone.',
    withoutKeys: ['stock_ledger_step', 'orders_key'],
    patches: [
      {
        file: 'shared/domain/orders/persist.ts',
        find: 'const earlier = await readKeyed(tx, keysOf(inTurn))',
        replace: 'const earlier: Awaited<ReturnType<typeof readKeyed>> = []',
      },
      {
        file: 'shared/domain/orders/persist.ts',
        find: 'orders.filter(({ orderId }) => !states.has(orderId))',
        replace: 'orders',
      },
      { file: ORDERS, find: 'INSERT INTO orders (', replace: 'INSERT IGNORE INTO orders (' },
      {
        file: ORDERS,
        find: 'INSERT INTO order_items (',
        replace: 'INSERT IGNORE INTO order_items (',
      },
    ],
  },
  'ack-before-commit': {
    about: 'The stock job says that it is done before its transaction is.',
    patches: [
      {
        file: 'functions/jobs/stock.ts',
        find: 'await write(items.map(({ message }) => message.data))',
        replace: 'void write(items.map(({ message }) => message.data)).catch(() => undefined)',
      },
    ],
  },
  'release-without-cas': {
    about: 'An order is closed, or paid, by its state as it was read a moment ago.',
    patches: [
      { file: ORDERS, find: ' AND state = ', replace: " AND '' <> " },
      { file: ORDERS, find: ' FOR UPDATE', replace: '' },
    ],
  },
  'unfenced-idempotency': {
    about: 'An attempt that was taken over may write what it has done, however late.',
    patches: [
      {
        file: 'shared/platform/idempotency/keys.ts',
        find: 'const mine = sql',
        replace: 'const mine = at(keyed) ?? sql',
      },
    ],
  },
  'fill-without-version': {
    about: 'A cache takes what a reader has loaded, whatever was invalidated meanwhile.',
    patches: [
      {
        file: 'shared/platform/cache/remote.ts',
        find: 'local mine = lease[1] == ARGV[1] and lease[2] == tag',
        replace: 'local mine = true',
      },
    ],
  },
  'orders-without-lease': {
    about: 'Redis takes orders in its epoch, lease or no lease.',
    patches: [
      {
        file: 'shared/domain/orders/hold-scripts.ts',
        find: 'if not epoch then return',
        replace: "epoch = epoch or redis.call('GET', 'intake:epoch')\nif not epoch then return",
      },
    ],
  },
  'keys-not-looked-for': {
    about: 'Two attempts with a key that went two ways are two orders.',
    patches: [
      {
        file: 'shared/domain/orders/persist.ts',
        find: 'const earlier = await readKeyed(tx, keysOf(inTurn))',
        replace: 'const earlier: Awaited<ReturnType<typeof readKeyed>> = []',
      },
    ],
    withoutKeys: ['orders_key'],
  },
} as const satisfies Record<string, Bug>

export type BugName = keyof typeof BUGS
export const BUG_NAMES = Object.keys(BUGS) as BugName[]
