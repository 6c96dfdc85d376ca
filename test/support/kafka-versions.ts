/** The newest patch of each Kafka line that the tests know. */
const NEWEST: Readonly<Record<string, string>> = {
  '4.4': '4.4.0',
  '4.3': '4.3.1',
  '4.2': '4.2.1',
  '4.1': '4.1.2',
  '4.0': '4.0.2',
  '3.9': '3.9.2',
  '3.7': '3.7.2',
  '3.3': '3.3.2',
  '2.8': '2.8.2',
  '2.1': '2.1.1',
}

export const DEFAULT_KAFKA_VERSION = '4.3.1'

/** `4.0` stands for its newest patch; a full version for itself. */
export function resolveKafkaVersion(text: string = process.env.KAFKA_VERSION || DEFAULT_KAFKA_VERSION): string {
  const version = NEWEST[text] ?? text
  if (!/^\d+\.\d+\.\d+(\.\d+)?$/.test(version))
    throw new Error(`KAFKA_VERSION '${text}' is not a version such as 4.3.1`)
  return version
}

/** Whether `version` is `minimum` or later. */
export function atLeast(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number))
  for (let i = 0; i < b.length; i++) if ((a[i] ?? 0) !== b[i]) return (a[i] ?? 0) > b[i]
  return true
}
