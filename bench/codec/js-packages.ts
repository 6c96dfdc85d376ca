import { createRequire } from 'node:module'

// Neither package has types for what is used here.
const require = createRequire(import.meta.url)

/** The CRC-32C of the npm package `crc-32`; its result is signed. */
export const npmCrc32c = (require('crc-32/crc32c.js') as { buf(bytes: Uint8Array): number }).buf

/** The npm package `snappyjs`: one bare block, without the frame that Kafka's Java client puts around several. */
export const snappyjs = require('snappyjs') as {
  compress(data: Uint8Array): Uint8Array
  uncompress(data: Uint8Array): Uint8Array
}

/** What is installed, for the head of the report. */
export function packageVersions(): string[] {
  return ['crc-32', 'snappyjs'].map((name) => {
    const { version } = require(`${name}/package.json`) as { version: string }
    return `${name} ${version}`
  })
}
