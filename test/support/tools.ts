import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether Java 17 or later and Maven are there to fetch and run Kafka. */
export async function hasJavaAndMaven(): Promise<boolean> {
  try {
    // Java prints its version to standard error.
    const { stderr } = await run('java', ['-version'])
    await run('mvn', ['-version'])
    return Number(/version "(\d+)/.exec(stderr)?.[1]) >= 17
  } catch {
    return false
  }
}

/** Whether Java can run programs from their source, which a runtime without a compiler cannot. */
export async function canRunJavaSources(): Promise<boolean> {
  return run('java', ['--list-modules']).then(
    ({ stdout }) => stdout.includes('jdk.compiler@'),
    () => false,
  )
}
