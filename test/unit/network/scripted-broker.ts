import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AnyApi, RequestOf, ResponseInput } from '../../../protocol/api.ts'
import { decodeRequestHeader, encodeResponseHeader, skipHeaderTags } from '../../../protocol/header.ts'
import { apis, encodeResponse } from '../../../protocol/index.ts'
import { Reader } from '../../../protocol/reader.ts'
import { Writer } from '../../../protocol/writer.ts'

type Apis = typeof apis
type ApiName = keyof Apis

const API_BY_KEY: ReadonlyMap<number, AnyApi> = new Map(Object.values(apis).map((api) => [api.key, api]))

/** Puts the length in front. */
export function frame(body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** A whole answer as a broker sends it. */
export function answerBytes<A extends AnyApi>(
  api: A,
  version: number,
  correlationId: number,
  body: ResponseInput<A>,
): Buffer {
  const header = new Writer()
  encodeResponseHeader(header, api.responseHeaderVersion(version), correlationId)
  return frame(Buffer.concat([...header.finish(), encodeResponse(api, version, body)]))
}

/** A request as it came in. */
export class ScriptedRequest<A extends AnyApi = AnyApi> {
  readonly peer: Peer
  readonly api: A
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly body: RequestOf<A>

  constructor(peer: Peer, bytes: Buffer) {
    const reader = new Reader(bytes)
    const { apiKey, apiVersion, correlationId, clientId } = decodeRequestHeader(reader)
    const api = API_BY_KEY.get(apiKey)
    if (api === undefined) throw new Error(`A request with the API key ${apiKey}`)
    if (api.requestHeaderVersion(apiVersion) === 2) skipHeaderTags(reader)
    this.peer = peer
    this.api = api as A
    this.version = apiVersion
    this.correlationId = correlationId
    this.clientId = clientId
    this.body = api.decodeRequest(reader, apiVersion)
    if (reader.remaining > 0) throw new Error(`${api.name}: ${reader.remaining} bytes are left over`)
  }

  get name(): string {
    return this.api.name
  }

  /** The bytes of the answer, in the request's version or another. */
  answerBytes(body: ResponseInput<A>, version = this.version): Buffer {
    return answerBytes(this.api, version, this.correlationId, body)
  }

  answer(body: ResponseInput<A>, version?: number): void {
    this.peer.write(this.answerBytes(body, version))
  }
}

/** The broker's end of one connection: takes requests apart and leaves it to the test when and what to answer. */
export class Peer {
  readonly requests: ScriptedRequest[] = []
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  onRequest: ((request: ScriptedRequest) => void) | null = null
  readonly #socket: Duplex
  #unread = Buffer.alloc(0)
  #taken = 0
  readonly #waiting: Array<(request: ScriptedRequest) => void> = []

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', () => {})
    // A pair of streams, unlike TCP, leaves the other end half open.
    socket.on('end', () => socket.destroy())
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** The next request that no earlier call has given. */
  next<A extends AnyApi = AnyApi>(): Promise<ScriptedRequest<A>> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve as (request: ScriptedRequest) => void)
      this.#handOut()
    })
  }

  /** The next `count` requests. */
  async nextOnes(count: number): Promise<ScriptedRequest[]> {
    const requests: ScriptedRequest[] = []
    while (requests.length < count) requests.push(await this.next())
    return requests
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Says that nothing more will come. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk])
    while (this.#unread.length >= 4) {
      const end = 4 + this.#unread.readInt32BE(0)
      if (this.#unread.length < end) return
      const request = new ScriptedRequest(this, this.#unread.subarray(4, end))
      this.#unread = this.#unread.subarray(end)
      this.requests.push(request)
      this.onRequest?.(request)
      this.#handOut()
    }
  }

  #handOut(): void {
    while (this.#waiting.length > 0 && this.#taken < this.requests.length) {
      this.#waiting.shift()!(this.requests[this.#taken++])
    }
  }
}

type Answer<A extends AnyApi> = ResponseInput<A> | null

/** How each API is answered; with `null` not at all, and what is not mentioned is not answered either. */
export type Script = { [Name in ApiName]?: (request: ScriptedRequest<Apis[Name]>) => Answer<Apis[Name]> }

/** Versions that the broker names; `null` for an API that it does not have. */
export type Versions = { [Name in ApiName]?: readonly [min: number, max: number] | null }

/** The answer of a broker that speaks what the client speaks, but for what is given. */
export function versionsAnswer(versions: Versions = {}): ResponseInput<Apis['ApiVersions']> {
  return {
    errorCode: 0,
    apiKeys: Object.values(apis).flatMap((api) => {
      const range = versions[api.name as ApiName]
      if (range === null) return []
      const [minVersion, maxVersion] = range ?? [api.minVersion, api.maxVersion]
      return { apiKey: api.key, minVersion, maxVersion }
    }),
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeatures: [],
  }
}

/** A server on a free port of this machine that answers by a script, which may be changed at any time. */
export class ScriptedBroker {
  readonly script: Script
  /** Every connection that was made, in order. */
  readonly peers: Peer[] = []
  /** Every request of every connection, in the order of arrival. */
  readonly requests: ScriptedRequest[] = []
  readonly #server: Server
  readonly #watchers = new Set<() => void>()

  private constructor(script: Script) {
    this.script = { ApiVersions: () => versionsAnswer(), ...script }
    this.#server = createServer((socket) => {
      const peer = new Peer(socket)
      peer.onRequest = (request) => this.#onRequest(request)
      this.peers.push(peer)
      this.#notify()
    })
  }

  static async start(script: Script = {}): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(script)
    broker.#server.listen(0, '127.0.0.1')
    await once(broker.#server, 'listening')
    return broker
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The requests for this API so far. */
  asked<Name extends ApiName>(name: Name): Array<ScriptedRequest<Apis[Name]>> {
    return this.requests.filter((request) => request.name === name) as Array<ScriptedRequest<Apis[Name]>>
  }

  /** Resolves with the n-th request for this API, counted from 1, once it is there. */
  async request<Name extends ApiName>(name: Name, n = 1): Promise<ScriptedRequest<Apis[Name]>> {
    await this.#until(() => this.asked(name).length >= n)
    return this.asked(name)[n - 1]
  }

  /** Resolves with the n-th connection, counted from 1, once it is there. */
  async peer(n = 1): Promise<Peer> {
    await this.#until(() => this.peers.length >= n)
    return this.peers[n - 1]
  }

  /** Ends every connection and takes no more. */
  async stop(): Promise<void> {
    for (const peer of this.peers) peer.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #onRequest(request: ScriptedRequest): void {
    this.requests.push(request)
    const reply = this.script[request.name as ApiName] as ((request: ScriptedRequest) => Answer<AnyApi>) | undefined
    const answer = reply?.(request) ?? null
    if (answer !== null) request.answer(answer)
    this.#notify()
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher)
          resolve()
        }
        this.#watchers.add(watcher)
      })
    }
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}
