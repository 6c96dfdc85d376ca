import { channel } from 'node:diagnostics_channel'

/** Where a client reports what it does. `context` holds plain values (broker, topic, an error …) and never a secret. */
export interface Logger {
  debug(message: string, context?: Record<string, unknown>): void
  info(message: string, context?: Record<string, unknown>): void
  warn(message: string, context?: Record<string, unknown>): void
  error(message: string, context?: Record<string, unknown>): void
}

const ignore = (): void => {}

/** Warnings and errors to stderr, the rest nowhere. */
export const consoleLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: (message, context) => console.warn(format('warn', message, context)),
  error: (message, context) => console.error(format('error', message, context)),
}

function format(level: string, message: string, context: Record<string, unknown> = {}): string {
  const details = Object.entries(context).map(([name, value]) => ` ${name}=${printable(value)}`)
  return `kafka-wire ${level}: ${escapeControls(message)}${details.join('')}`
}

function printable(value: unknown): string {
  if (value instanceof Error) return escapeControls(value.message)
  return typeof value === 'string' ? JSON.stringify(value) : escapeControls(String(value))
}

/** Text of a broker or of a topic name can hold control characters; a log line must stay one line. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/**
 * Names of the `node:diagnostics_channel` channels that kafka-wire publishes on. Nothing is built
 * or published on a channel that has no subscriber.
 */
export const channels = {
  /** A request got its answer or failed: `{ api, version, broker, durationMs, error }`. */
  request: channel('kafka-wire:request'),
  /** A connection was opened or ended: `{ broker, state: 'open' | 'closed', error }`. */
  connection: channel('kafka-wire:connection'),
  /** A batch of records was acknowledged or failed: `{ topic, partition, records, bytes, queueMs, attempts, error }`. */
  delivery: channel('kafka-wire:delivery'),
  /** A consumer's partitions changed: `{ groupId, memberId, generation, assigned, revoked, lost }`. */
  rebalance: channel('kafka-wire:rebalance'),
}
