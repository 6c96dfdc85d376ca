// What parent and child tell each other, and what each client has to offer. JavaScript clients are held to it by hand.

export interface Task {
  readonly kind: 'produce' | 'consume'
  /** URL of the client's module. */
  readonly module: string
  /** Which of the client's ways to do it, where there are several. */
  readonly method: string
  readonly bootstrapServers: string
  readonly topic: string
  /** Of consumers. */
  readonly group: string
  readonly partitions: number
  /** To send, or to receive. */
  readonly records: number
  readonly valueSize: number
  /** Records in one `send`, and how many of these are not yet answered at a time. */
  readonly perSend: number
  readonly outstanding: number
}

/** What a child found out about itself. */
export interface Measurement {
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssMiB: number
}

export interface Payload {
  /** As many as a power of two. */
  readonly keys: readonly Buffer[]
  readonly value: Buffer
}

export interface BenchProducer {
  /** Sends records `first` to `first + count − 1` by one call of the client; resolves when all are acknowledged. */
  send(first: number, count: number): Promise<unknown>
  close(): Promise<void> | void
}

export interface Tally {
  readonly complete: boolean
  /** The client has its partitions: from now on time counts. Only the first call does. */
  start(): void
  add(records: number, bytes: number): void
}

export interface ClientModule {
  openProducer(task: Task, payload: Payload): Promise<BenchProducer>
  /** Reads until the tally is complete, then closes. */
  consume(task: Task, tally: Tally): Promise<void>
}
