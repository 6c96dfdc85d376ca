/** A producer's figures since it was made, under the names of Java's `producer-metrics`. Times are in ms. */
export interface ProducerMetrics {
  'record-send-total': number
  'record-error-total': number
  'record-retry-total': number
  'record-queue-time-avg': number
  'record-queue-time-max': number
  'records-per-request-avg': number
  'batch-size-avg': number
  'batch-size-max': number
  'batch-split-total': number
  'compression-rate-avg': number
  'request-total': number
  'request-latency-avg': number
  'request-latency-max': number
  'requests-in-flight': number
  'produce-throttle-time-avg': number
  'produce-throttle-time-max': number
  'buffer-total-bytes': number
  'buffer-available-bytes': number
}

/** Mean and maximum of a series, in constant space. */
export class Statistic {
  #count = 0
  #sum = 0
  #max = 0

  add(value: number): void {
    this.#count++
    this.#sum += value
    if (value > this.#max) this.#max = value
  }

  /** 0 of an empty series. */
  get average(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  get max(): number {
    return this.#max
  }
}

/** What the rooms of a producer count. */
export class ProducerStatistics {
  recordsSent = 0
  recordErrors = 0
  recordRetries = 0
  batchSplits = 0
  requests = 0
  requestsInFlight = 0
  readonly queueTime = new Statistic()
  readonly recordsPerRequest = new Statistic()
  readonly batchSize = new Statistic()
  readonly compressionRate = new Statistic()
  readonly requestLatency = new Statistic()
  readonly throttleTime = new Statistic()

  snapshot(memory: { limit: number; available: number }): ProducerMetrics {
    return {
      'record-send-total': this.recordsSent,
      'record-error-total': this.recordErrors,
      'record-retry-total': this.recordRetries,
      'record-queue-time-avg': this.queueTime.average,
      'record-queue-time-max': this.queueTime.max,
      'records-per-request-avg': this.recordsPerRequest.average,
      'batch-size-avg': this.batchSize.average,
      'batch-size-max': this.batchSize.max,
      'batch-split-total': this.batchSplits,
      'compression-rate-avg': this.compressionRate.average,
      'request-total': this.requests,
      'request-latency-avg': this.requestLatency.average,
      'request-latency-max': this.requestLatency.max,
      'requests-in-flight': this.requestsInFlight,
      'produce-throttle-time-avg': this.throttleTime.average,
      'produce-throttle-time-max': this.throttleTime.max,
      'buffer-total-bytes': memory.limit,
      'buffer-available-bytes': memory.available,
    }
  }
}
