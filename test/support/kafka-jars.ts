import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atLeast } from './kafka-versions.ts'

const run = promisify(execFile)

/** Where downloaded jars stay between runs. */
export const cacheFolder = process.env.KAFKA_WIRE_CACHE || join(homedir(), '.cache', 'kafka-wire')

const fetching = new Map<string, Promise<string>>()

/**
 * The folder with the jars of a Kafka broker and its tools. They are fetched by Maven once and kept.
 * @param version a full version, such as `4.3.1`
 */
export function kafkaJars(version: string): Promise<string> {
  const running = fetching.get(version) ?? fetchOnce(version)
  fetching.set(version, running)
  running.catch(() => fetching.delete(version))
  return running
}

/** Whether the jars are in the cache already. */
export async function hasKafkaJars(version: string): Promise<boolean> {
  return exists(join(cacheFolder, version))
}

async function fetchOnce(version: string): Promise<string> {
  const folder = join(cacheFolder, version)
  if (await exists(folder)) return folder
  await mkdir(cacheFolder, { recursive: true })
  // Several processes may fetch at once: each into a folder of its own, and the first to finish gives it the name.
  const work = await mkdtemp(join(cacheFolder, `${version}.part-`))
  const onExit = (): void => rmSync(work, { recursive: true, force: true })
  process.once('exit', onExit)
  try {
    await writeFile(join(work, 'pom.xml'), pom(version))
    const jars = join(work, 'jars')
    const args = ['-B', '-ntp', '-q', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies']
    await run('mvn', [...args, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`], { maxBuffer: 64 * 1024 * 1024 })
    await rename(jars, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error
    })
    return folder
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`Maven cannot fetch Kafka ${version}: ${reason(`${stdout}${stderr}`, error)}`, { cause: error })
  } finally {
    process.off('exit', onExit)
    await rm(work, { recursive: true, force: true })
  }
}

/** What Maven says first is what is wrong; the rest is advice. */
function reason(output: string, error: unknown): string {
  return /\[ERROR\] (\S.*)/.exec(output)?.[1] ?? (error as Error).message
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Not a build, only a list of jars. */
function pom(version: string): string {
  const scala = atLeast(version, '2.4') ? '2.13' : '2.12'
  // The tools of 4.4.0 cannot be fetched; those of the version before work with its broker.
  const tools = version === '4.4.0' ? '4.3.1' : version
  const binding = atLeast(version, '4.0')
    ? jar('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.4')
    : jar('org.slf4j', 'slf4j-reload4j', '1.7.36')
  // The ZooKeeper client of Kafka 2.0 to 2.3 cannot connect on Java 14 and later.
  const zookeeper = atLeast(version, '2.4') ? '' : jar('org.apache.zookeeper', 'zookeeper', '3.5.9')
  // The binding stands first, so that its log4j wins.
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${binding}${zookeeper}${jar('org.apache.kafka', `kafka_${scala}`, version)}${jar('org.apache.kafka', 'kafka-tools', tools)}
  </dependencies>
</project>
`
}

/** Old brokers bring a second logging binding, which is left out. */
function jar(group: string, artifact: string, version: string): string {
  return `
    <dependency>
      <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
      <exclusions>
        <exclusion><groupId>org.slf4j</groupId><artifactId>slf4j-log4j12</artifactId></exclusion>
        <exclusion><groupId>log4j</groupId><artifactId>log4j</artifactId></exclusion>
      </exclusions>
    </dependency>`
}
