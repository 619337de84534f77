import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The sample mini-program finds the client by the name of its package. */
const resolve = {
  alias: { 'minimall-client': fileURLToPath(new URL('client/src/index.ts', import.meta.url)) },
}

/** Groups run one after the other. What has no number, or 0, runs last where there is one worker. */
const [FIRST, THEN, LAST] = [1, 2, 3]

export default defineConfig({
  test: {
    // Most of what a test does is to wait for an engine: two files at once keep two cores busy.
    maxWorkers: 2,
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/**/*.int.test.ts',
            'test/e2e/**',
            'test/queries/**',
            'test/chaos/run.test.ts',
          ],
          setupFiles: ['test/support/settings.ts'],
          testTimeout: 20_000,
          sequence: { groupOrder: FIRST },
        },
      },
      {
        // Single parts against real engines, bridges and queues; no functions are running.
        test: {
          name: 'integration',
          include: ['test/**/*.int.test.ts'],
          globalSetup: 'test/support/services.ts',
          setupFiles: ['test/support/services-env.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: FIRST },
        },
      },
      {
        // The same cases as over HTTP, straight against the handlers; the test polls the queues.
        test: {
          name: 'handlers',
          include: [
            'test/e2e/{accounts,addresses,api,cart,catalog,contract,coupons,docs,exports,idempotency,limits,messages,operations,orders,outages,payments}.test.ts',
          ],
          globalSetup: 'test/support/services.ts',
          setupFiles: ['test/support/handlers-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: THEN },
        },
      },
      {
        resolve,
        // Over HTTP against the whole local stack, as a mini-program would.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/support/stack.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: THEN },
        },
      },
      {
        // A short run of `npm run chaos`, on a stack of its own.
        test: {
          name: 'chaos',
          include: ['test/chaos/run.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: THEN },
        },
      },
      {
        // After all others: the plans of the statements that they made.
        test: {
          name: 'queries',
          include: ['test/queries/**/*.test.ts'],
          setupFiles: ['test/support/settings.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: LAST },
        },
      },
    ],
  },
})
