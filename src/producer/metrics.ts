/** A producer's figures since it was made, under the names of Java's producer metrics. Times are in ms. */
export interface ProducerMetrics {
  recordSendTotal: number
  recordErrorTotal: number
  recordRetryTotal: number
  recordQueueTimeAvg: number
  recordQueueTimeMax: number
  recordsPerRequestAvg: number
  batchSizeAvg: number
  batchSizeMax: number
  batchSplitTotal: number
  compressionRateAvg: number
  requestTotal: number
  requestLatencyAvg: number
  requestLatencyMax: number
  requestsInFlight: number
  produceThrottleTimeAvg: number
  produceThrottleTimeMax: number
  bufferTotalBytes: number
  bufferAvailableBytes: number
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
      recordSendTotal: this.recordsSent,
      recordErrorTotal: this.recordErrors,
      recordRetryTotal: this.recordRetries,
      recordQueueTimeAvg: this.queueTime.average,
      recordQueueTimeMax: this.queueTime.max,
      recordsPerRequestAvg: this.recordsPerRequest.average,
      batchSizeAvg: this.batchSize.average,
      batchSizeMax: this.batchSize.max,
      batchSplitTotal: this.batchSplits,
      compressionRateAvg: this.compressionRate.average,
      requestTotal: this.requests,
      requestLatencyAvg: this.requestLatency.average,
      requestLatencyMax: this.requestLatency.max,
      requestsInFlight: this.requestsInFlight,
      produceThrottleTimeAvg: this.throttleTime.average,
      produceThrottleTimeMax: this.throttleTime.max,
      bufferTotalBytes: memory.limit,
      bufferAvailableBytes: memory.available,
    }
  }
}
