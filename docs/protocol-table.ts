// Writes the table of APIs into protocol.md: `npm run docs:protocol`. A test compares the page with what this makes.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apis, type KnownApi } from 'kafka-wire/protocol'

const PAGE = join(import.meta.dirname, 'protocol.md')
const BEGIN = '<!-- npm run docs:protocol writes what follows -->\n'
const END = '<!-- end of what npm run docs:protocol writes -->\n'

/** The page as it is. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8')
}

/** The page with the table that the declarations make. */
export function withTable(page: string): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`${PAGE} lacks one of the lines ${BEGIN}and ${END}`)
  return `${before}${BEGIN}\n${table()}\n${END}${after}`
}

function table(): string {
  const rows = Object.values<KnownApi>(apis)
    .sort((a, b) => a.key - b.key)
    .map((api) => `| ${api.key} | ${api.name} | ${versions(api)} | ${flexible(api)} |\n`)
  return `| key | name | versions | flexible from |\n|--:|---|---|--:|\n${rows.join('')}`
}

function versions({ minVersion, maxVersion, latestVersionUnstable }: KnownApi): string {
  const range = minVersion === maxVersion ? `${minVersion}` : `${minVersion}–${maxVersion}`
  return latestVersionUnstable ? `${range}, of which ${maxVersion} is unstable` : range
}

function flexible({ firstFlexibleVersion, maxVersion }: KnownApi): string {
  return firstFlexibleVersion <= maxVersion ? `${firstFlexibleVersion}` : '–'
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, withTable(readPage()))
