import { KafkaError } from './errors.ts'

/** Paths of errors on their way out of a message: every struct and array that an error leaves adds its step. */
const paths = new WeakMap<KafkaError, string>()

/** Notes that `error` leaves the field or element `step`; to be thrown on. */
export function leaving(step: string, error: unknown): unknown {
  if (error instanceof KafkaError) {
    const inner = paths.get(error)
    paths.set(error, inner === undefined ? step : inner.startsWith('[') ? step + inner : `${step}.${inner}`)
  }
  return error
}

/** Path of the field in which `error` arose, such as `topics[2].name`. */
export function pathOf(error: KafkaError): string | undefined {
  return paths.get(error)
}
