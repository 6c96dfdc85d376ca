import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig } from 'tsdown'

// One implementation, as CommonJS: `require`, and `import` through Node's reading of its export names, get the same
// classes, so that `instanceof` holds however a program mixes the two. Jest, which cannot `require` an ES module, works too.
export default defineConfig({
  entry: { index: 'src/index.ts', protocol: 'protocol/index.ts' },
  format: 'cjs',
  platform: 'node',
  target: 'node22.15',
  sourcemap: true,
  dts: true,
  clean: true,
  hooks: {
    // The bundler points from declarations to maps that it does not write: they would lead to sources outside the package.
    'build:done': async ({ options }) => {
      for (const file of await readdir(options.outDir)) {
        if (!file.endsWith('.d.cts')) continue
        const path = join(options.outDir, file)
        await writeFile(path, (await readFile(path, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'))
      }
    },
  },
})
