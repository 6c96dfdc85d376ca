import { hasJavaAndMaven } from '../support/tools.ts'

/** Whether clusters can be started here; if not, that is said once a file, or is a failure where they are required. */
export const canStart = await hasJavaAndMaven()

if (!canStart && process.env.KAFKA_REQUIRED === '1') throw new Error('Java 17 and Maven are needed to start a cluster')
if (!canStart) console.warn('The suites of faults are skipped: they need Java 17 (or later) and Maven.')
