/** A transaction that was aborted, as a Fetch response names it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/**
 * Which producers' records belong to an aborted transaction, while a partition's answer is read from its start to its end.
 *
 * Each answer names every aborted transaction that touches the offsets in it, also those whose marker only comes in a
 * later answer and those that began in an earlier one; so each answer has one of these of its own, and nothing needs to
 * be carried over from one to the next, to another leader, or over a seek.
 */
export class AbortedTransactions {
  readonly #pending: AbortedTransaction[]
  #next = 0
  readonly #aborting = new Set<number>()

  /** @param aborted in any order: brokers have been seen to send them unsorted */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** True if the records of this transactional batch must not be seen. Batches are asked about in offset order. */
  hides(producerId: number, lastOffset: number): boolean {
    this.#advance(lastOffset)
    return this.#aborting.has(producerId)
  }

  /** An abort marker ends its producer's transaction; the next one of the same producer may be committed. */
  endOfTransaction(producerId: number, markerOffset: number): void {
    this.#advance(markerOffset)
    this.#aborting.delete(producerId)
  }

  #advance(offset: number): void {
    while (this.#next < this.#pending.length && this.#pending[this.#next].firstOffset <= offset) {
      this.#aborting.add(this.#pending[this.#next++].producerId)
    }
  }
}
