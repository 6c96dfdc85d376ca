import type { KafkaError, KafkaErrorDetails } from '../errors.ts'

/**
 * An error that befalls many records at once, as it concerns those of one topic or partition: of its class and code, with
 * where they were to go and whether they can be there.
 */
export function recordError(
  error: KafkaError,
  where: Pick<KafkaErrorDetails, 'topic' | 'partition' | 'persisted'>,
): KafkaError {
  const Same = error.constructor as new (message: string, details: KafkaErrorDetails) => KafkaError
  return new Same(error.message, { ...error, ...where, cause: error })
}
