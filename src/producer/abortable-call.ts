import { AbortError } from '../errors.ts'
import { abortable } from '../retry.ts'

/** A call with a `signal`: it ends when that is aborted, and says whether its records can be written all the same. */
export class AbortableCall {
  readonly signal: AbortSignal
  /** A record of the call is in a batch: from then on it goes its way. */
  appended = false

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  get error(): AbortError {
    const persisted = this.appended ? 'maybe' : 'no'
    return new AbortError('The operation was aborted', { cause: this.signal.reason, persisted })
  }

  /** @throws (rejects with) AbortError as soon as the signal is aborted */
  until<T>(outcome: Promise<T>): Promise<T> {
    return abortable(outcome, this.signal).catch((error) => {
      throw this.signal.aborted ? this.error : error
    })
  }
}
