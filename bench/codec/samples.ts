/** Names that appear in records again and again, as they do in real ones. */
const EVENTS = ['ride-requested', 'driver-matched', 'ride-started', 'ride-finished', 'payment-taken']
const CITIES = ['Amsterdam', 'Berlin', 'Chicago', 'Delhi', 'Lagos', 'Lima', 'Osaka', 'Quito']

/** Numbers from 0 up to 1, the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Lines of JSON, cut off at `length` bytes. */
export function jsonLines(length: number): Buffer {
  const random = randomNumbers(1)
  const lines: string[] = []
  for (let size = 0; size < length; size += lines[lines.length - 1].length) {
    const line = {
      event: EVENTS[Math.floor(random() * EVENTS.length)],
      ride: Math.floor(random() * 1e9),
      driver: `driver-${Math.floor(random() * 1e4)}`,
      city: CITIES[Math.floor(random() * CITIES.length)],
      position: { lat: Number((random() * 180 - 90).toFixed(5)), lon: Number((random() * 360 - 180).toFixed(5)) },
      fare: Number((random() * 60).toFixed(2)),
    }
    lines.push(`${JSON.stringify(line)}\n`)
  }
  return Buffer.from(lines.join('')).subarray(0, length)
}

/** Bytes without any pattern. */
export function randomBytes(length: number): Buffer {
  const random = randomNumbers(2)
  return Buffer.from(Uint8Array.from({ length }, () => random() * 256))
}
