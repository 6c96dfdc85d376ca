import { join } from 'node:path'
import { inject } from 'vitest'
import { bootstrapServers } from './kafka.ts'
import { Program, runProgram } from './program.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with the jars of Kafka's Java tools; empty if there are none. */
    kafkaJars: string
    /** Whether Java can run programs from their source. */
    javaCompiles: boolean
  }
}

/** Whether there are a broker and Java's clients to test with; the setup has said what is missing if not. */
export const hasJavaTools: boolean = inject('kafkaJars') !== ''

/** Whether `runJavaSource` works, too: a runtime without a compiler cannot. */
export const hasJavaCompiler: boolean = hasJavaTools && inject('javaCompiles')

export const tools = {
  consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  producer: 'org.apache.kafka.tools.ConsoleProducer',
  producerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  consumerGroups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
} as const

/** Runs a tool against the broker to its end, with `input` on its standard input, and gives the lines that it prints. */
export function runJavaTool(
  className: string,
  args: readonly string[],
  input = '',
  servers = bootstrapServers(),
): Promise<string[]> {
  return runProgram('java', toolArguments(className, args, servers), { input })
}

/** Starts a tool that goes on until it is ended. */
export function startJavaTool(className: string, args: readonly string[], onLine: (line: string) => void): Program {
  return new Program('java', toolArguments(className, args), { onLine })
}

/** Runs a program of one source file that uses Kafka's classes. */
export function runJavaSource(file: string, input: string): Promise<string[]> {
  return runProgram('java', [...virtualMachine(), file], { input })
}

function toolArguments(className: string, args: readonly string[], servers = bootstrapServers()): string[] {
  return [...virtualMachine(), className, '--bootstrap-server', servers, ...args]
}

/** Tools live for a second: what makes a long run fast makes them slow. */
function virtualMachine(): string[] {
  const quickStart = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'java-tools.log4j2.properties')}`
  return [...quickStart, logging, '-cp', join(inject('kafkaJars'), '*')]
}
