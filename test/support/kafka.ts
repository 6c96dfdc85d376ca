import { inject } from 'vitest'
import { atLeast } from './kafka-versions.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Addresses of the broker that the global setup found or started; empty if there is none. */
    bootstrapServers: string
    /** Its version; `unknown` for a cluster that was there before. */
    kafkaVersion: string
  }
}

/** Whether there is a broker to test against; the global setup has said how to get one if not. */
export const hasBroker: boolean = inject('bootstrapServers') !== ''

export function bootstrapServers(): string {
  return inject('bootstrapServers')
}

export function kafkaVersion(): string {
  return inject('kafkaVersion')
}

/** Whether the broker is of this version or later; one of unknown version is taken for a new one. */
export function brokerIsAtLeast(version: string): boolean {
  return kafkaVersion() === 'unknown' || atLeast(kafkaVersion(), version)
}

let names = 0

/** A name for a topic or group that no other test uses, and no earlier run on the same cluster. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${names++}`
}
