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
})
