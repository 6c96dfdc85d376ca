import { Writer } from '../../protocol/writer.ts'

/** Where in an encoding an integer lies: counts, lengths, tags and sizes are among them. */
export interface Mark {
  readonly at: number
  readonly kind: 'int8' | 'int16' | 'int32' | 'varint'
}

/** A valid encoding, and where to lie in it. */
export interface Sample {
  readonly bytes: Buffer
  readonly marks: readonly Mark[]
}

/** Notes where integers are written. What lies in a tagged field is written elsewhere and not noted. */
export class MarkingWriter extends Writer {
  readonly marks: Mark[] = []

  override writeBoolean(value: boolean): void {
    this.marks.push({ at: this.length, kind: 'int8' })
    super.writeBoolean(value)
  }

  override writeInt8(value: number): void {
    this.marks.push({ at: this.length, kind: 'int8' })
    super.writeInt8(value)
  }

  override writeInt16(value: number): void {
    this.marks.push({ at: this.length, kind: 'int16' })
    super.writeInt16(value)
  }

  override writeInt32(value: number): void {
    this.marks.push({ at: this.length, kind: 'int32' })
    super.writeInt32(value)
  }

  override writeUnsignedVarint(value: number): void {
    this.marks.push({ at: this.length, kind: 'varint' })
    super.writeUnsignedVarint(value)
  }
}

export function sampleOf(write: (writer: MarkingWriter) => void): Sample {
  const writer = new MarkingWriter()
  write(writer)
  return { bytes: Buffer.concat(writer.finish()), marks: writer.marks }
}
