import { leaving } from './field-path.ts'
import type { Reader } from './reader.ts'

/** Name in error paths for what belongs to no declared field; Kafka's own documentation calls the section so. */
const SECTION = '_tagged_fields'

/** How many fields the tagged section that begins here announces. */
export function readTaggedFieldCount(reader: Reader): number {
  try {
    return reader.readTaggedFieldCount()
  } catch (error) {
    throw leaving(SECTION, error)
  }
}

/** Goes through the tags of a section. `read` must consume the `size` bytes of the field that it is called for. */
export function readTaggedFields(reader: Reader, count: number, read: (tag: number, size: number) => void): void {
  let tag = -1
  for (let index = 0; index < count; index++) {
    let size: number
    try {
      tag = reader.readTag(tag)
      size = reader.readSize()
    } catch (error) {
      throw leaving(`${SECTION}[${index}]`, error)
    }
    read(tag, size)
  }
}

/** Passes over a section of which nothing is known. */
export function skipTaggedFields(reader: Reader): void {
  const count = readTaggedFieldCount(reader)
  if (count > 0) readTaggedFields(reader, count, (_tag, size) => reader.skip(size))
}
