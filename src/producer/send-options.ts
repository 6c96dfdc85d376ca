import { UsageError } from '../errors.ts'
import { describe, suggestion } from '../options.ts'
import type { DeliveryCallback } from './delivery.ts'

export interface SendOptions {
  /**
   * The outcome is an `AbortError` as soon as it is aborted. A record that is in a batch by then is delivered all the same:
   * the error's `persisted` is `'maybe'`.
   */
  signal?: AbortSignal
}

export interface CallbackOptions extends SendOptions {
  /**
   * Called with the outcome in place of a promise. What it throws is an uncaught exception.
   */
  onDelivery: DeliveryCallback
}

/** All that `send` takes; `sendBatch` and the others take the signal only. */
type AnySendOptions = SendOptions & Partial<CallbackOptions>

export const SIGNAL_ONLY: readonly string[] = ['signal']
export const WITH_CALLBACK: readonly string[] = ['signal', 'onDelivery']

/**
 * By hand and not by a schema, as it runs with each record.
 * @throws UsageError naming the option that is unknown or wrong
 */
export function readSendOptions(options: AnySendOptions, names: readonly string[], path: string): AnySendOptions {
  if (options === null || typeof options !== 'object') {
    throw new UsageError(`${path}: options must be an object, got ${describe(options)}`)
  }
  for (const name in options) {
    if (names.includes(name)) continue
    throw new UsageError(`${path}: unknown option '${name}'${suggestion(name, names)}`)
  }
  const { signal, onDelivery } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new UsageError(`${path}: option 'signal' must be an AbortSignal, got ${describe(signal)}`)
  }
  if (onDelivery !== undefined && typeof onDelivery !== 'function') {
    throw new UsageError(`${path}: option 'onDelivery' must be a function, got ${describe(onDelivery)}`)
  }
  return options
}
