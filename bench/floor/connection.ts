import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { decodeResponseHeader, encodeRequestHeader } from '../../protocol/header.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'

const LENGTH_BYTES = 4

/**
 * One socket to one broker: frames go out as they are, answers come back in the order of the requests. No deadlines, no
 * versions to agree on, no second try; what is left is what every client has to pay.
 */
export class FloorConnection {
  readonly #socket: Socket
  /** Who waits for an answer, oldest first. */
  readonly #waiting: { resolve(frame: Buffer): void; reject(error: Error): void }[] = []
  #correlationId = 0
  #lengthBytes = 0
  #length = 0
  #frame: Buffer | null = null
  #filled = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('The broker closed the connection')))
  }

  /** @param address `host:port`; of several, the first */
  static async open(address: string): Promise<FloorConnection> {
    const [first] = address.split(',')
    const colon = first.lastIndexOf(':')
    const socket = connect({ host: first.slice(0, colon), port: Number(first.slice(colon + 1)), noDelay: true })
    await once(socket, 'connect')
    return new FloorConnection(socket)
  }

  /** Large records in the body are not copied. */
  async request<A extends AnyApi>(api: A, version: number, body: RequestInput<A>): Promise<ResponseOf<A>> {
    const writer = new Writer()
    encodeRequestHeader(writer, api, version, this.#correlationId++, 'floor')
    api.encodeRequest(writer, version, body)
    const length = Buffer.allocUnsafe(LENGTH_BYTES)
    length.writeInt32BE(writer.length)
    this.#socket.cork()
    this.#socket.write(length)
    for (const chunk of writer.finish()) this.#socket.write(chunk)
    this.#socket.uncork()
    const frame = await new Promise<Buffer>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const reader = new Reader(frame)
    decodeResponseHeader(reader, api.responseHeaderVersion(version))
    return api.decodeResponse(reader, version)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Each answer gets memory of its own, of the right size, and every byte is copied once. */
  #receive(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        this.#length = (this.#length << 8) | chunk[at++]
        if (++this.#lengthBytes < LENGTH_BYTES) continue
        this.#frame = Buffer.allocUnsafeSlow(this.#length)
        this.#filled = 0
      }
      const copied = chunk.copy(this.#frame, this.#filled, at)
      at += copied
      this.#filled += copied
      if (this.#filled < this.#frame.length) return
      const frame = this.#frame
      this.#frame = null
      this.#length = 0
      this.#lengthBytes = 0
      this.#waiting.shift()?.resolve(frame)
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
