import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => join(folder, file))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const statements = text.matchAll(/^(?:import|export) (?:[^'";]*? from )?'([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...statements].map(([, specifier, dynamic]) => specifier ?? dynamic)
}

/** Files that every room of `src/` may import. */
const LEAVES = ['src/errors.ts', 'src/options.ts', 'src/retry.ts', 'src/diagnostics.ts']

/** What each room may import beside itself and Node's own modules. */
const ALLOWED: ReadonlyArray<readonly [room: string, allowed: readonly string[]]> = [
  ['protocol/records/', ['protocol/errors.ts', 'protocol/input-bytes.ts', 'protocol/shown.ts']],
  ['protocol/', []],
  ['src/network/', ['protocol/', ...LEAVES]],
  ['src/cluster/', ['protocol/', 'src/network/', ...LEAVES]],
  ['src/producer/', ['protocol/', 'src/network/', 'src/cluster/', ...LEAVES]],
  ['src/consumer/', ['protocol/', 'src/network/', 'src/cluster/', ...LEAVES]],
  ['src/admin/', ['protocol/', 'src/network/', 'src/cluster/', ...LEAVES]],
]

function roomOf(file: string): readonly [string, readonly string[]] | undefined {
  if (LEAVES.includes(file)) return [file, ['protocol/errors.ts', 'protocol/nearest-name.ts', ...LEAVES]]
  return ALLOWED.find(([room]) => file.startsWith(room))
}

const sources = [...filesIn('protocol'), ...filesIn('src')]

test('imports point down, never sideways, never up', () => {
  const wrong: string[] = []
  for (const file of sources) {
    const room = roomOf(file)
    if (room === undefined) continue
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('node:')) continue
      const target = specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier
      const [own, allowed] = room
      if (
        target.startsWith(own) ||
        allowed.some((place) => target === place || (place.endsWith('/') && target.startsWith(place)))
      )
        continue
      wrong.push(`${file} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('protocol/ has no sockets, timers or clocks', () => {
  const wrong = filesIn('protocol').filter((file) =>
    importsOf(file).some((name) => /^node:(net|tls|timers|http)/.test(name)),
  )
  expect(wrong).toEqual([])
})

test('no file is named after nothing in particular', () => {
  const vague = /(^|\/)(utils?|helpers?|common|misc)(\.|\/|$)/
  const places = [...sources, ...filesIn('test'), ...filesIn('examples'), ...filesIn('bench')]
  expect(places.filter((file) => vague.test(file))).toEqual([])
})

test.each([
  ['examples', /(^|\/)(src|protocol)\//],
  ['bench', /(^|\/)src\//],
])('%s/ sees the package as users do', (folder, inside) => {
  const outside = filesIn(folder).flatMap((file) => {
    return importsOf(file)
      .filter((name) => inside.test(name))
      .map((name) => `${file} imports ${name}`)
  })
  expect(outside).toEqual([])
})

test('the version that brokers are told is the one of the package', async () => {
  const { SOFTWARE_VERSION } = await import('../../src/network/software.ts')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(SOFTWARE_VERSION).toBe(version)
})
