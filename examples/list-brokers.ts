// Lists the brokers of a cluster.

import { Kafka } from 'kafka-wire'

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })

try {
  const { clusterId, controllerId, brokers } = await kafka.admin().describeCluster()
  console.log(`Cluster ${clusterId} has ${brokers.length} broker(s); requests for the controller go to ${controllerId}`)
  for (const { id, host, port, rack } of brokers) {
    console.log(`Broker ${id}: ${host}:${port}${rack === null ? '' : ` in rack ${rack}`}`)
  }
} finally {
  await kafka.close()
}
