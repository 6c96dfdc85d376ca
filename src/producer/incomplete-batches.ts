import type { ProducerBatch } from './batch.ts'

/**
 * Batches whose records have no outcome yet, oldest first. A list through the batches themselves, which are unlinked when
 * they leave: V8's `Set` links each table that it outgrows to the next one, and once one of them is old, all later ones
 * with their batches survive until the next full collection.
 */
export class IncompleteBatches implements Iterable<ProducerBatch> {
  #size = 0
  #oldest: ProducerBatch | null = null
  #newest: ProducerBatch | null = null

  get size(): number {
    return this.#size
  }

  add(batch: ProducerBatch): void {
    batch.incomplete = true
    batch.older = this.#newest
    if (this.#newest === null) this.#oldest = batch
    else this.#newest.newer = batch
    this.#newest = batch
    this.#size++
  }

  /** @returns false if it was not there (any more) */
  delete(batch: ProducerBatch): boolean {
    if (!batch.incomplete) return false
    const { older, newer } = batch
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
    batch.incomplete = false
    batch.older = null
    batch.newer = null
    this.#size--
    return true
  }

  /** The batch at hand may be deleted meanwhile, and others added. */
  *[Symbol.iterator](): Generator<ProducerBatch> {
    let batch = this.#oldest
    while (batch !== null) {
      const { newer } = batch
      yield batch
      batch = newer
    }
  }
}
