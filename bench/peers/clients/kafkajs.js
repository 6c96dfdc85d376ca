// JavaScript, because the types are there only once the peers are installed. See ../task.ts for the contract.

import { Kafka, logLevel, Partitioners } from 'kafkajs'

/** @param {import('../task.ts').Task} task */
function kafkaFor({ bootstrapServers }) {
  return new Kafka({ clientId: 'bench', brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
}

/**
 * @param {import('../task.ts').Task} task
 * @param {import('../task.ts').Payload} payload
 * @returns {Promise<import('../task.ts').BenchProducer>}
 */
export async function openProducer(task, { keys, value }) {
  const { topic } = task
  // Its default partitioner, named so that it does not print its warning.
  const producer = kafkaFor(task).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const message = (i) => ({ key: keys[i & (keys.length - 1)], value })
  return {
    send(first, count) {
      const messages = new Array(count)
      for (let i = 0; i < count; i++) messages[i] = message(first + i)
      return producer.send({ topic, messages, acks: -1 })
    },
    close: () => producer.disconnect(),
  }
}

/**
 * @param {import('../task.ts').Task} task
 * @param {import('../task.ts').Tally} tally
 */
export async function consume(task, tally) {
  const consumer = kafkaFor(task).consumer({ groupId: task.group })
  await consumer.connect()
  await consumer.subscribe({ topics: [task.topic], fromBeginning: true })
  consumer.on(consumer.events.GROUP_JOIN, () => tally.start())
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const eachBatch = async ({ batch }) => {
      let bytes = 0
      for (const message of batch.messages) bytes += message.value.length
      tally.add(batch.messages.length, bytes)
      if (tally.complete) resolve()
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  await consumer.disconnect()
}
