// A checksum is the rest of a division of polynomials. x^209 + x^144 + x^54 + x^39 + x^14 + 1 is a multiple of CRC-32C's
// generator, and so is its 128th power, in which each exponent is times 128: a block of 128 bits may be taken away where it
// stands and added to the blocks 65, 155, 170, 195 and 209 further on. Done to all blocks but the last 209, that leaves
// 3344 bytes with the checksum of the whole, for nothing but XORs of 128 bits, which WebAssembly has and JavaScript has not.

const BLOCK = 16
const DEGREE = 209
const TERMS: readonly number[] = [144, 54, 39, 14, 0]
/** What is left in the end, and must be remembered on the way. */
const RESIDUE = DEGREE * BLOCK
const CHUNK = 32 * 1024
/** Blocks in one turn of the loop; no term reaches back less than 65. */
const UNROLL = 4

/** Below this the tables are as fast. */
export const MIN_FOLD_BYTES = 6 * 1024

type FoldWords = (words: Int32Array, start: number, end: number, crc: number) => number
type FoldBytes = (bytes: Uint8Array, start: number, end: number, crc: number) => number

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer }
  /** Adds to each block from `start + RESIDUE` on what the blocks before it leave there; `end` is where `start` stops. */
  readonly fold: (start: number, end: number) => void
  /** XORs what lies from `source` on into what lies from `target` up to `end`. */
  readonly xor: (target: number, source: number, end: number) => void
}

/** The checksum of large data, not inverted; `null` where WebAssembly or its SIMD is not to be had. */
export function makeFolding(foldWords: FoldWords, foldBytes: FoldBytes): FoldBytesOf | null {
  const kernel = instantiate()
  if (kernel === null) return null
  const { memory, fold, xor } = kernel
  const scratch = new Uint8Array(memory.buffer)
  const words = new Int32Array(memory.buffer)

  return (bytes, start, end) => {
    let at = start
    let left = end - start - RESIDUE
    left -= left % (UNROLL * BLOCK)
    while (left > 0) {
      const size = Math.min(left, CHUNK)
      scratch.set(bytes.subarray(at, at + size), RESIDUE)
      // A CRC-32C begins with all ones.
      if (at === start) words[RESIDUE >> 2] = ~words[RESIDUE >> 2]
      fold(0, size)
      scratch.copyWithin(0, size, size + RESIDUE)
      at += size
      left -= size
    }
    // The last blocks take what those before leave there, and leave nothing themselves.
    scratch.set(bytes.subarray(at, end), RESIDUE)
    for (const term of TERMS) {
      const reach = (DEGREE - term) * BLOCK
      xor(RESIDUE, RESIDUE - reach, RESIDUE + reach)
    }
    const restEnd = RESIDUE + end - at
    const wordsEnd = RESIDUE + ((end - at) & ~(BLOCK - 1))
    const crc = foldWords(words, RESIDUE >> 2, wordsEnd >> 2, 0)
    scratch.fill(0, 0, RESIDUE)
    return foldBytes(scratch, wordsEnd, restEnd, crc)
  }
}

type FoldBytesOf = (bytes: Uint8Array, start: number, end: number) => number

/** What is used of it. Types for it come with those of a browser only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

function instantiate(): Kernel | null {
  const { WebAssembly } = globalThis as unknown as { WebAssembly?: WebAssemblyApi }
  if (WebAssembly === undefined) return null
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports as Kernel
  } catch {
    // No SIMD on this machine, or no room for its memory.
    return null
  }
}

/** Some 360 bytes of WebAssembly, put together here so that each can be accounted for. */
function moduleBytes(): Uint8Array {
  const step = (at: number): number[] => [
    ...get(0),
    ...load(0, RESIDUE + at),
    ...TERMS.flatMap((term) => [...load(0, term * BLOCK + at), ...XOR]),
    ...store(RESIDUE + at),
  ]
  const steps = Array.from({ length: UNROLL }, (_, i) => step(i * BLOCK)).flat()
  const fold = loop(0, 1, [...steps, ...advance(0, UNROLL * BLOCK)])
  const xor = loop(0, 2, [
    ...get(0),
    ...load(0, 0),
    ...load(1, 0),
    ...XOR,
    ...store(0),
    ...advance(0, BLOCK),
    ...advance(1, BLOCK),
  ])
  const types = list([
    [0x60, 2, I32, I32, 0],
    [0x60, 3, I32, I32, I32, 0],
  ])
  // One page of memory, which never grows: that would detach the views on it.
  const memory = list([[0x01, 1, 1]])
  const exported = list([
    [...text('memory'), 2, 0],
    [...text('fold'), 0, 0],
    [...text('xor'), 0, 1],
  ])
  const bodies = list([sized([0, ...fold, END]), sized([0, ...xor, END])])
  const sections = [section(1, types), section(3, list([[0], [1]])), section(5, memory), section(7, exported)]
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat(), ...section(10, bodies)])
}

const I32 = 0x7f
const END = 0x0b
const XOR: readonly number[] = [0xfd, 0x51]

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

/** Of a signed constant that is not negative: its sixth bit must not look like a sign. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)]
}

function sized(bytes: readonly number[]): number[] {
  return [...leb(bytes.length), ...bytes]
}

function list(items: readonly number[][]): number[] {
  return [...leb(items.length), ...items.flat()]
}

function section(id: number, bytes: readonly number[]): number[] {
  return [id, ...sized(bytes)]
}

function text(value: string): number[] {
  return sized([...Buffer.from(value)])
}

function get(local: number): number[] {
  return [0x20, local]
}

/** `v128.load`, which does not mind where its bytes lie. */
function load(local: number, offset: number): number[] {
  return [...get(local), 0xfd, 0x00, 0, ...leb(offset)]
}

/** `v128.store` */
function store(offset: number): number[] {
  return [0xfd, 0x0b, 0, ...leb(offset)]
}

/** local += by */
function advance(local: number, by: number): number[] {
  return [...get(local), 0x41, ...signedLeb(by), 0x6a, 0x21, local]
}

/** do body while (local < end) */
function loop(local: number, end: number, body: readonly number[]): number[] {
  return [0x03, 0x40, ...body, ...get(local), ...get(end), 0x49, 0x0d, 0x00, END]
}
