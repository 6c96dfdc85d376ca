import type { Fields } from '../../protocol/fields.ts'
import { FrameSplitter, sizePrefixed } from '../../protocol/frame-splitter.ts'
import { apis, DecodeError, decodeRequestFrame, encodeRequestFrame } from '../../protocol/index.ts'
import { sampleStruct } from '../unit/protocol/sample-values.ts'
import type { Dice } from './dice.ts'
import type { Sample } from './marking-writer.ts'
import type { Target } from './target.ts'
import { encodable, judgeRoundTrip } from './verdict.ts'

const SAMPLES = 12
const MAX_FRAME_BYTES = 1000
const MAX_EXTERNAL_BYTES = 512 * 1024

/** Whole requests of any API, and streams of frames. */
export function frameTargets(): Target[] {
  return [
    {
      api: 'RequestFrame',
      direction: '',
      version: 0,
      maxExternalBytes: MAX_EXTERNAL_BYTES,
      samples: (dice) => Array.from({ length: SAMPLES }, () => requestSample(dice)),
      judge: (bytes) =>
        judgeRoundTrip(bytes, decodeRequestFrame, (frame) => {
          const fields: Fields = frame.api.request.fields
          return encodeRequestFrame({ ...frame, body: encodable(fields, frame.body as never) } as never)
        }),
    },
    {
      api: 'FrameSplitter',
      direction: '',
      version: 0,
      maxExternalBytes: MAX_EXTERNAL_BYTES,
      samples: (dice) => Array.from({ length: SAMPLES }, () => streamSample(dice)),
      judge: judgeStream,
    },
  ]
}

function requestSample(dice: Dice): Sample {
  const api = dice.pick(Object.values(apis))
  const version = api.minVersion + dice.below(api.maxVersion - api.minVersion + 1)
  const body = sampleStruct(api.request.fields, version, dice.random)
  const bytes = encodeRequestFrame({ api, version, correlationId: 1, clientId: 'fuzz', body } as never)
  return {
    bytes,
    marks: [0, 2, 8].map((at) => ({ at, kind: 'int16' })),
  }
}

function streamSample(dice: Dice): Sample {
  const frames = Array.from({ length: 1 + dice.below(4) }, () => sizePrefixed(dice.bytes(4 + dice.below(60))))
  return { bytes: Buffer.concat(frames), marks: [{ at: 0, kind: 'int32' }] }
}

/** However a stream comes in pieces, it is the same frames, and their bytes are the stream's. */
function judgeStream(bytes: Buffer): boolean {
  const [whole, inPieces] = [bytes.length, 7].map((size) => {
    const frames: Buffer[] = []
    const splitter = new FrameSplitter((frame) => frames.push(frame), { maxFrameBytes: MAX_FRAME_BYTES })
    try {
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return { accepted: false, content: Buffer.concat(frames.map(sizePrefixed)) }
    }
    return { accepted: true, content: Buffer.concat(frames.map(sizePrefixed)) }
  })
  if (whole.accepted !== inPieces.accepted || !whole.content.equals(inPieces.content)) {
    throw new Error('The frames of a stream depend on how it comes in pieces')
  }
  if (!bytes.subarray(0, whole.content.length).equals(whole.content)) throw new Error('Frames are not what was sent')
  return whole.accepted
}
