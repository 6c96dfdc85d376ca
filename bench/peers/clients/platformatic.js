// JavaScript, because the types are there only once the peers are installed. See ../task.ts for the contract.

import { Consumer, ProduceAcks, Producer } from '@platformatic/kafka'

/** @param {import('../task.ts').Task} task */
function optionsFor({ bootstrapServers }) {
  return { clientId: 'bench', bootstrapBrokers: bootstrapServers.split(',') }
}

/**
 * @param {import('../task.ts').Task} task
 * @param {import('../task.ts').Payload} payload
 * @returns {Promise<import('../task.ts').BenchProducer>}
 */
export async function openProducer(task, { keys, value }) {
  const { topic } = task
  // By default only 5 requests are in flight, and 100 outstanding sends would wait for one another.
  const producer = new Producer({ ...optionsFor(task), acks: ProduceAcks.ALL, maxInflights: task.outstanding })
  const message = (i) => ({ topic, key: keys[i & (keys.length - 1)], value })
  return {
    send(first, count) {
      const messages = new Array(count)
      for (let i = 0; i < count; i++) messages[i] = message(first + i)
      return producer.send({ messages })
    },
    close: () => producer.close(),
  }
}

/**
 * @param {import('../task.ts').Task} task
 * @param {import('../task.ts').Tally} tally
 */
export async function consume(task, tally) {
  const consumer = new Consumer({
    ...optionsFor(task),
    groupId: task.group,
    // Every 5 s, as the others do; by default it commits after each fetch.
    autocommit: 5000,
    // As the others; by default one partition may fill all of the 50 MiB of an answer.
    maxBytesPerPartition: 1_048_576,
  })
  consumer.on('consumer:group:join', () => tally.start())
  const stream = await consumer.consume({ topics: [task.topic], mode: 'earliest' })
  await new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', ({ value }) => {
      tally.add(1, value.length)
      if (tally.complete) resolve()
    })
  })
  await consumer.close(true)
}
