import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readPage, withTable } from '../../../docs/protocol-table.ts'
import { apis } from '../../../protocol/index.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const page = readPage()
const examples = page.split('\n## ').flatMap((chapter) => {
  const [title] = chapter.split('\n')
  return Array.from(chapter.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => ({ title, code }))
})

describe('docs/protocol.md', () => {
  test('has the table that the declarations make', () => {
    if (withTable(page) !== page) throw new Error('The table of APIs is stale: run npm run docs:protocol')
    const rows = page.match(/^\| \d+ \| \w+ \|/gm) ?? []
    expect(rows).toHaveLength(Object.keys(apis).length)
  })

  // What an example prints stands in its comments, behind the call or below it.
  test.each(examples)('an example in $title prints what it says', async ({ code }) => {
    const expected = code.split('\n').flatMap((line) => {
      return /^\s*\/\/ (.*)$|console\.log\(.*\) *\/\/ (.*)$/.exec(line)?.slice(1).filter(Boolean) ?? []
    })
    const args = ['--conditions=kafka-wire-source', '--input-type=module-typescript', '-e', code]
    const { stdout } = await run(process.execPath, args, { cwd: root })
    expect(stdout.trimEnd().split('\n')).toEqual(expected)
  })
})
