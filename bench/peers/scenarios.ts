/** One client doing one thing in one way. */
export interface Contestant {
  readonly label: string
  /** File in `clients/`, without its ending. */
  readonly module: 'floor' | 'kafka-wire' | 'kafkajs' | 'platformatic'
  readonly method?: string
  /** Where its calls are not those of the scenario. */
  readonly perSend?: number
  readonly outstanding?: number
}

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly kind: 'produce' | 'consume'
  /** Part of `--records` that one run takes. */
  readonly share: number
  readonly perSend: number
  readonly outstanding: number
  readonly contestants: readonly Contestant[]
  /** Labels of the contestants that all others are compared with. */
  readonly references: readonly string[]
}

const producers: readonly Contestant[] = [
  { label: 'kafka-wire', module: 'kafka-wire' },
  { label: 'KafkaJS', module: 'kafkajs' },
  { label: '@platformatic/kafka', module: 'platformatic' },
]

export const scenarios: readonly Scenario[] = [
  {
    name: 'produce-arrays',
    title: 'Produce: arrays of 1000 records, 5 outstanding',
    kind: 'produce',
    share: 1,
    perSend: 1000,
    outstanding: 5,
    contestants: [{ label: 'floor', module: 'floor' }, ...producers],
    references: ['kafka-wire'],
  },
  {
    name: 'produce-single',
    title: 'Produce: one record a `send`, 100 outstanding',
    kind: 'produce',
    share: 0.1,
    perSend: 1,
    outstanding: 100,
    // The floor has as many records outstanding, but gathered as one would do it by hand.
    contestants: [{ label: 'floor (sends of 20)', module: 'floor', perSend: 20, outstanding: 5 }, ...producers],
    references: ['kafka-wire'],
  },
  {
    name: 'consume',
    title: 'Consume: one group member, from the start',
    kind: 'consume',
    share: 1,
    perSend: 0,
    outstanding: 0,
    contestants: [
      { label: 'floor', module: 'floor' },
      { label: 'kafka-wire batches()', module: 'kafka-wire', method: 'batches()' },
      { label: 'kafka-wire messages()', module: 'kafka-wire', method: 'messages()' },
      { label: 'KafkaJS eachBatch', module: 'kafkajs' },
      { label: '@platformatic/kafka stream', module: 'platformatic' },
    ],
    references: ['kafka-wire batches()', 'kafka-wire messages()'],
  },
]
