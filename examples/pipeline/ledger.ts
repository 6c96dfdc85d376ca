/** What became of one ride. */
interface Ride {
  requestedAt: number
  assignments: number
  bills: number
}

/** Notes what happens to the rides of this run, to prove at the end that each was matched and billed exactly once. */
export class Ledger {
  readonly #rides = new Map<string, Ride>()
  readonly #latencies: number[] = []
  #assigned = 0
  #billed = 0

  get requested(): number {
    return this.#rides.size
  }

  /** Rides with at least one assignment. */
  get assigned(): number {
    return this.#assigned
  }

  /** Rides with at least one bill. */
  get billed(): number {
    return this.#billed
  }

  /** Every ride that was requested is matched and billed. */
  get settled(): boolean {
    return this.#assigned === this.#rides.size && this.#billed === this.#rides.size
  }

  request(rideId: string): void {
    this.#rides.set(rideId, { requestedAt: performance.now(), assignments: 0, bills: 0 })
  }

  /** Rides of other runs are passed over. */
  assign(rideId: string): void {
    const ride = this.#rides.get(rideId)
    if (ride !== undefined && ++ride.assignments === 1) this.#assigned++
  }

  bill(rideId: string): void {
    const ride = this.#rides.get(rideId)
    if (ride === undefined || ++ride.bills > 1) return
    this.#billed++
    this.#latencies.push(performance.now() - ride.requestedAt)
  }

  /** How many rides were not matched and billed exactly once: lost, or done twice. */
  get faults(): { lost: number; repeated: number } {
    let lost = 0
    let repeated = 0
    for (const { assignments, bills } of this.#rides.values()) {
      if (assignments === 0 || bills === 0) lost++
      else if (assignments > 1 || bills > 1) repeated++
    }
    return { lost, repeated }
  }

  /** Time from request to bill that the given share of rides did not exceed, in ms. */
  latency(share: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    return sorted[Math.ceil(sorted.length * share) - 1] ?? 0
  }
}
