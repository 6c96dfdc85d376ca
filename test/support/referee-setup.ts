import type { TestProject } from 'vitest/node'
import { hasKafkaJars, kafkaJars } from './kafka-jars.ts'
import { canRunJavaSources, missingTools } from './tools.ts'

/** The Kafka whose classes are the referee: the newest, as it still knows the versions of all that are spoken. */
const REFEREE_VERSION = '4.4.0'

/** Finds what the referee runs with. It needs no broker. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('refereeJars', await jars())
}

async function jars(): Promise<string> {
  try {
    const cached = await hasKafkaJars(REFEREE_VERSION)
    const missing = (await missingTools()).filter((tool) => tool !== 'Maven' || !cached)
    if (missing.length > 0) throw new Error(`there is no ${missing.join(' and no ')}`)
    if (!(await canRunJavaSources())) throw new Error('this Java has no compiler')
    return await kafkaJars(REFEREE_VERSION)
  } catch (error) {
    if (process.env.KAFKA_REQUIRED === '1') throw error
    console.warn(`Comparisons with Kafka's own classes are skipped: ${(error as Error).message}.`)
    return ''
  }
}
