import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { kafkaJars } from './kafka-jars.ts'
import { DEFAULT_KAFKA_VERSION } from './kafka-versions.ts'
import { pythonWith } from './python-environment.ts'
import { canRunJavaSources, hasJavaAndMaven } from './tools.ts'

const REQUIREMENTS = join(import.meta.dirname, '..', 'interop', 'requirements.txt')

/** Gets the foreign clients, once for all suites. Runs after the setup that finds the broker. */
export default async function setup(project: TestProject): Promise<void> {
  const hasBroker = project.getProvidedContext().bootstrapServers !== ''
  const jars = hasBroker ? await javaTools() : ''
  project.provide('kafkaJars', jars)
  project.provide('javaCompiles', jars !== '' && (await javaCompiles()))
  project.provide('python', hasBroker ? await python() : '')
}

/** The tools are of one version, whatever the broker's: their options change from version to version. */
async function javaTools(): Promise<string> {
  try {
    if (!(await hasJavaAndMaven())) throw new Error('there is no Java 17 (or later) with Maven')
    return await kafkaJars(DEFAULT_KAFKA_VERSION)
  } catch (error) {
    if (process.env.KAFKA_REQUIRED === '1') throw error
    console.warn(`Suites with Kafka's Java clients are skipped: ${(error as Error).message}`)
    return ''
  }
}

async function javaCompiles(): Promise<boolean> {
  const compiles = await canRunJavaSources()
  if (!compiles) console.warn('Tests that run Java sources are skipped: this Java has no compiler.')
  return compiles
}

/** Python is nowhere required: a machine for Kafka has Java, and may have no Python. */
async function python(): Promise<string> {
  try {
    return await pythonWith(REQUIREMENTS)
  } catch (error) {
    const [reason] = (error as Error).message.trim().split('\n').slice(-1)
    console.warn(`The suite with kafka-python is skipped: it needs python3 with venv and pip, and packages: ${reason}`)
    return ''
  }
}
