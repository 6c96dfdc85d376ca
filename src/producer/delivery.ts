import { type KafkaError, PartialFailureError } from '../errors.ts'
import type { RecordMetadata } from './message.ts'

/** Who is told the outcome of a record. Each `index` is told once; whatever comes after that is ignored. */
export interface Delivery {
  succeeded(index: number, metadata: RecordMetadata): void
  failed(index: number, error: KafkaError): void
}

/** One record behind a promise. */
export class PromiseDelivery implements Delivery {
  readonly #resolve: (metadata: RecordMetadata) => void
  readonly #reject: (error: KafkaError) => void

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (error: KafkaError) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  succeeded(_index: number, metadata: RecordMetadata): void {
    this.#resolve(metadata)
  }

  failed(_index: number, error: KafkaError): void {
    this.#reject(error)
  }
}

/** Called with the error, or with null and where the record was written. */
export type DeliveryCallback = (error: KafkaError | null, metadata: RecordMetadata | undefined) => void

/** One record behind a callback of the user's. */
export class CallbackDelivery implements Delivery {
  readonly #callback: DeliveryCallback
  #told = false

  constructor(callback: DeliveryCallback) {
    this.#callback = callback
  }

  succeeded(_index: number, metadata: RecordMetadata): void {
    this.#call(null, metadata)
  }

  failed(_index: number, error: KafkaError): void {
    this.#call(error, undefined)
  }

  #call(error: KafkaError | null, metadata: RecordMetadata | undefined): void {
    if (this.#told) return
    this.#told = true
    try {
      this.#callback(error, metadata)
    } catch (thrown) {
      // The user's own mistake belongs to the process, and must not stop the delivery of other records.
      queueMicrotask(() => {
        throw thrown
      })
    }
  }
}

/** The records of one `sendBatch` behind one promise, which settles when all of them have. */
export class BatchDelivery implements Delivery {
  readonly promise: Promise<RecordMetadata[]>
  readonly #results: Array<RecordMetadata | KafkaError>
  #remaining: number
  #failures = 0
  #firstError: KafkaError | null = null
  #retriable = true
  #fatal = false
  #resolve!: (results: RecordMetadata[]) => void
  #reject!: (error: KafkaError) => void

  constructor(count: number) {
    this.#results = new Array(count)
    this.#remaining = count
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (count === 0) this.#resolve([])
  }

  succeeded(index: number, metadata: RecordMetadata): void {
    if (this.#results[index] !== undefined) return
    this.#results[index] = metadata
    if (--this.#remaining === 0) this.#settle()
  }

  failed(index: number, error: KafkaError): void {
    if (this.#results[index] !== undefined) return
    this.#results[index] = error
    this.#failures++
    this.#firstError ??= error
    this.#retriable &&= error.retriable
    this.#fatal ||= error.fatal
    if (--this.#remaining === 0) this.#settle()
  }

  #settle(): void {
    const error = this.#firstError
    if (error === null) {
      this.#resolve(this.#results as RecordMetadata[])
      return
    }
    const count = this.#results.length
    this.#reject(
      new PartialFailureError(
        `${this.#failures} of ${count} records were not acknowledged; the first error is: ${error.message}`,
        this.#results,
        { cause: error, retriable: this.#retriable, fatal: this.#fatal },
      ),
    )
  }
}
