import { expect, test } from 'vitest'
import { EncodeError } from '../../../protocol/errors.ts'
import { encodeRequestHeader } from '../../../protocol/header.ts'
import { apis } from '../../../protocol/index.ts'
import { Writer } from '../../../protocol/writer.ts'

test('a client id that is too long is refused by name', () => {
  const write = (): void => encodeRequestHeader(new Writer(), apis.Metadata, 12, 1, 'x'.repeat(0x8000))
  expect(write).toThrow(EncodeError)
  expect(write).toThrow(expect.objectContaining({ field: 'clientId' }))
})
