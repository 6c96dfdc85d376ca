import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/fields.ts'
import type { Message } from '../../protocol/message.ts'
import { assignment, subscription } from '../../protocol/messages/consumer-protocol.ts'
import { hasKafkaJars } from '../support/kafka-jars.ts'
import { Comparison } from './comparison.ts'
import { type Definitions, readDefinitions, specifiedVersion } from './kafka-definitions.ts'

/** Messages that Kafka defines and that are no APIs. */
const others = [subscription, assignment] as unknown as Message<Fields>[]

/** Older releases must agree in what they know; newer ones can be named to see what they add. */
const releases = [...new Set([specifiedVersion, ...(process.env.KAFKA_SPEC_VERSIONS ?? '4.3.1,4.0.2').split(',')])]

describe.each(releases)('the declarations and the definitions of Kafka %s', (release) => {
  it('say the same', async (context) => {
    const definitions = await definitionsOf(release)
    if (definitions === null) return context.skip('no Kafka jars')
    const comparison = new Comparison(definitions, release === specifiedVersion)
    comparison.compareApis()
    for (const message of others) comparison.compareMessage(message)
    const { missing, wrong, fields } = comparison
    console.log(`Kafka ${release}: ${fields} fields compared, ${wrong.length} wrong, ${missing.length} missing`)
    if (missing.length > 0) console.log(missing.map((what) => `missing from Kafka ${release}: ${what}`).join('\n'))
    expect(wrong).toEqual([])
    expect(fields).toBeGreaterThan(1000)
    if (release === specifiedVersion) expect(missing).toEqual([])
  })
})

async function definitionsOf(release: string): Promise<Definitions | null> {
  try {
    return await readDefinitions(release)
  } catch (error) {
    // Without Maven there is nothing to compare with, unless the jars were fetched before.
    if (process.env.KAFKA_REQUIRED === '1' || (await hasKafkaJars(release))) throw error
    console.warn(`The declarations are not compared with Kafka ${release}: ${(error as Error).message.split('\n')[0]}`)
    return null
  }
}
