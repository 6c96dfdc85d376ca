import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether Java 17 or later and Maven are there to fetch and run Kafka. */
export async function hasJavaAndMaven(): Promise<boolean> {
  return (await missingTools()).length === 0
}

/** Which of Java 17 or later and Maven are missing. */
export async function missingTools(): Promise<string[]> {
  // Java prints its version to standard error.
  const [java, maven] = await Promise.allSettled([run('java', ['-version']), run('mvn', ['-version'])])
  const version = java.status === 'fulfilled' ? Number(/version "(?:1\.)?(\d+)/.exec(java.value.stderr)?.[1]) : 0
  return [...(version >= 17 ? [] : ['Java 17 (or later)']), ...(maven.status === 'fulfilled' ? [] : ['Maven'])]
}

/** Whether Java can run programs from their source, which a runtime without a compiler cannot. */
export async function canRunJavaSources(): Promise<boolean> {
  return run('java', ['--list-modules']).then(
    ({ stdout }) => stdout.includes('jdk.compiler@'),
    () => false,
  )
}
