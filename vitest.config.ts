import { defineConfig } from 'vitest/config'

export default defineConfig({
  ssr: { resolve: { conditions: ['kafka-wire-source'] } },
  resolve: { conditions: ['kafka-wire-source', 'node', 'import', 'default'] },
  test: {
    projects: ['unit', 'spec'].map((name) => ({
      extends: true,
      test: { name, include: [`test/${name}/**/*.test.ts`], pool: 'forks' },
    })),
  },
})
