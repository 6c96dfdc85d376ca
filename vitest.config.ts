import { defineConfig } from 'vitest/config'

const needsBroker = { globalSetup: ['test/support/global-setup.ts'], testTimeout: 60_000, hookTimeout: 120_000 }

/** Foreign clients beside ours: one file after another, as every JVM takes a core. */
const interop = {
  ...needsBroker,
  globalSetup: [...needsBroker.globalSetup, 'test/support/interop-setup.ts'],
  fileParallelism: false,
}

/** Suites that start clusters of their own; one after another, as each takes both cores. */
const ownClusters = { testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false }

function project(name: string, options = {}) {
  return { extends: true as const, test: { name, include: [`test/${name}/**/*.test.ts`], ...options } }
}

export default defineConfig({
  // Tests and examples import `kafka-wire` as users do, and get the sources.
  ssr: { resolve: { conditions: ['kafka-wire-source', 'node', 'import', 'default'] } },
  resolve: { conditions: ['kafka-wire-source', 'node', 'import', 'default'] },
  test: {
    pool: 'forks',
    passWithNoTests: true,
    projects: [
      // Long enough for a machine that does something else at the same time.
      project('unit', { testTimeout: 30_000 }),
      project('spec', { testTimeout: 120_000, hookTimeout: 300_000 }),
      project('referee', {
        globalSetup: ['test/support/referee-setup.ts'],
        testTimeout: 120_000,
        hookTimeout: 300_000,
      }),
      project('broker', needsBroker),
      project('interop', interop),
      project('faults', ownClusters),
      project('package', { testTimeout: 300_000, hookTimeout: 300_000 }),
    ],
  },
})
