// The ride-hailing pipeline, and what `npm start` runs: passengers request rides, a group of matchers assigns drivers,
// a biller bills them, and the terminal shows live how many. It ends by itself and proves that no ride was lost or doubled.
//
//   passengers ─→ ride-requests ─→ 3 matchers ─→ ride-assignments ─→ biller ─→ billing-events
//
// Arguments: number of rides (10000), rides per second (1000). Ctrl-C stops the requests and lets the rest finish.

import { Kafka, serde } from 'kafka-wire'
import { openCluster } from './pipeline/cluster.ts'
import { Ledger } from './pipeline/ledger.ts'
import { LiveLine } from './pipeline/live-line.ts'

interface RideRequest {
  event_type: 'ride_request'
  ride_id: string
  passenger: string
}

interface RideAssignment {
  event_type: 'ride_assigned'
  ride_id: string
  driver: string
}

interface BillingEvent {
  ride_id: string
  driver: string
  amount: number
}

// Not the topics of the other examples, which would match and bill these rides as well.
const REQUESTS = 'pipeline-ride-requests'
const ASSIGNMENTS = 'pipeline-ride-assignments'
const BILLS = 'pipeline-billing-events'
const MATCHERS = 3
const GIVE_UP_MS = 60_000

const [total = 10_000, perSecond = 1000] = process.argv.slice(2).map(Number)
if (!Number.isSafeInteger(total) || total < 1 || !(perSecond > 0)) {
  console.error('Usage: npm start -- [NUMBER OF RIDES] [RIDES PER SECOND]')
  process.exit(1)
}
const run = Date.now().toString(36)
const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 }).format

// A broker that was started for this run ends with this process.
const leave = (): void => process.exit(130)
process.once('SIGINT', leave).once('SIGTERM', leave).once('SIGHUP', leave)

const cluster = await openCluster().catch((error: Error) => {
  console.error(error.message)
  return null
})
if (cluster === null) process.exit(1)
console.log(`${count(total)} rides at ${count(perSecond)} a second, through Kafka at ${cluster.bootstrapServers}`)

// The services, and who watches them: closed one after the other.
const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, clientId: 'ride-pipeline' })
const control = new Kafka({ bootstrapServers: cluster.bootstrapServers, defaultApiTimeoutMs: 15_000 })
const admin = control.admin()
const auditor = control.consumer({ valueDeserializer: serde.json<{ ride_id: string }>() })
const ledger = new Ledger()
const line = new LiveLine()
const stop = new AbortController()
const matchedBy = new Array<number>(MATCHERS).fill(0)

let finished = false
process.on('SIGINT', () => {
  if (finished || stop.signal.aborted) leave()
  stop.abort()
  line.clear()
  console.log('Stopping: no more requests, the rides on the way are finished (Ctrl-C again to leave at once)')
})
process.off('SIGINT', leave)

/** Passengers: a batch of requests every 50 ms. */
async function requestRides(): Promise<void> {
  const producer = kafka.producer({ valueSerializer: serde.json<RideRequest>() })
  const started = performance.now()
  while (ledger.requested < total && !stop.signal.aborted) {
    const due = Math.min(total, Math.ceil(((performance.now() - started + 50) / 1000) * perSecond))
    const batch = Array.from({ length: due - ledger.requested }, (_, i) => {
      const ride_id = `${run}-${ledger.requested + i}`
      const value: RideRequest = { event_type: 'ride_request', ride_id, passenger: `passenger-${i}` }
      return { topic: REQUESTS, key: ride_id, value }
    })
    for (const { key } of batch) ledger.request(key)
    await producer.sendBatch(batch)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** One of the group that matches drivers. A batch counts as processed when its assignments are acknowledged. */
async function matchDrivers(member: number): Promise<void> {
  const producer = kafka.producer({ valueSerializer: serde.json<RideAssignment>() })
  const consumer = kafka.consumer({
    groupId: 'pipeline-matchers',
    topics: [REQUESTS],
    autoOffsetReset: 'earliest',
    valueDeserializer: serde.json<RideRequest>(),
  })
  for await (const batch of consumer.batches()) {
    const assignments = [...batch].flatMap(({ value: request }) => {
      if (request === null) return []
      const driver = `driver-${member}-${matchedBy[member]++ % 100}`
      const value: RideAssignment = { event_type: 'ride_assigned', ride_id: request.ride_id, driver }
      return [{ topic: ASSIGNMENTS, key: value.ride_id, value }]
    })
    await producer.sendBatch(assignments)
  }
}

async function bill(): Promise<void> {
  const producer = kafka.producer({ valueSerializer: serde.json<BillingEvent>() })
  const consumer = kafka.consumer({
    groupId: 'pipeline-billing',
    topics: [ASSIGNMENTS],
    autoOffsetReset: 'earliest',
    valueDeserializer: serde.json<RideAssignment>(),
  })
  for await (const batch of consumer.batches()) {
    const bills = [...batch].flatMap(({ value: assignment }) => {
      if (assignment === null) return []
      const { ride_id, driver } = assignment
      return [{ topic: BILLS, key: ride_id, value: { ride_id, driver, amount: 9.9 } }]
    })
    await producer.sendBatch(bills)
  }
}

/** Where the topics end now: what the auditor reads from. */
async function ends() {
  const { [ASSIGNMENTS]: assignments, [BILLS]: bills } = await admin.describeTopics([ASSIGNMENTS, BILLS])
  const partitions = [assignments, bills].flatMap(({ name, partitions }) => {
    return partitions.map(({ partition }) => ({ topic: name, partition }))
  })
  return auditor.endOffsets(partitions)
}

/** Reads what the others wrote, and keeps the ledger. */
async function audit(): Promise<void> {
  for await (const { topic, value } of auditor) {
    if (value === null) continue
    if (topic === ASSIGNMENTS) ledger.assign(value.ride_id)
    else ledger.bill(value.ride_id)
  }
}

/** Shows what is going on until every requested ride is billed. */
async function watch(requests: Promise<void>): Promise<void> {
  let done = false
  const finish = (): void => {
    done = true
  }
  requests.then(finish, finish)
  const started = performance.now()
  let before = { at: started, billed: 0 }
  let lastProgress = started
  while (!(done && ledger.settled)) {
    await new Promise((resolve) => setTimeout(resolve, process.stdout.isTTY ? 200 : 1000))
    const now = performance.now()
    const rate = ((ledger.billed - before.billed) / (now - before.at)) * 1000
    if (ledger.billed > before.billed) lastProgress = now
    if (now - lastProgress > GIVE_UP_MS) throw new Error(`Nothing was billed for ${GIVE_UP_MS / 1000} s`)
    before = { at: now, billed: ledger.billed }
    const { requested, assigned, billed } = ledger
    const counts = `requested ${count(requested)}  assigned ${count(assigned)}  billed ${count(billed)}`
    line.show(`${counts}  ${count(rate)}/s  ${((now - started) / 1000).toFixed(0)} s`)
  }
  line.clear()
}

function summary(seconds: number): string {
  const { lost, repeated } = ledger.faults
  const fine = lost === 0 && repeated === 0
  const verdict = fine ? 'each matched and billed exactly once' : `${lost} lost, ${repeated} done more than once`
  return [
    `${count(ledger.requested)} rides requested, ${verdict}, in ${seconds.toFixed(1)} s`,
    `Matchers: ${matchedBy.map((matched) => count(matched)).join(' + ')} rides`,
    `From request to bill: ${count(ledger.latency(0.5))} ms for half of the rides, ${count(ledger.latency(0.99))} ms for 99 % of them`,
  ].join('\n')
}

/** Once all services are closed: reads what is left, so that a ride done twice cannot go unseen. */
async function auditToTheEnd(): Promise<void> {
  while ((await auditor.lag()).some(({ lag }) => lag > 0)) await new Promise((resolve) => setTimeout(resolve, 50))
}

try {
  const existing = await admin.listTopics()
  const missing = [REQUESTS, ASSIGNMENTS, BILLS].filter((name) => !existing.includes(name))
  await admin.createTopics(missing.map((name) => ({ name, numPartitions: 6, replicationFactor: 1 })))
  auditor.assign(await ends())

  const started = performance.now()
  const matchers = Array.from({ length: MATCHERS }, (_, member) => matchDrivers(member))
  const services = Promise.all([...matchers, bill()])
  const auditing = audit()
  const requests = requestRides()
  // Services and audit end only when their client is closed, unless they fail.
  await Promise.race([Promise.all([requests, watch(requests)]), services, auditing])
  const seconds = (performance.now() - started) / 1000
  await kafka.close()
  await services
  await auditToTheEnd()
  finished = true
  console.log(summary(seconds))
  if (ledger.faults.lost + ledger.faults.repeated > 0) process.exitCode = 1
} catch (error) {
  line.clear()
  console.error(`The pipeline has failed: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await Promise.all([kafka.close(), control.close()])
  await cluster.stop()
}
