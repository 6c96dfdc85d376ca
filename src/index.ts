export type { Admin, AdminOptions } from './admin/admin.ts'
export type { Consumer } from './consumer/consumer.ts'
export type { ConsumerOptions } from './consumer/options.ts'
export { channels, type Logger } from './diagnostics.ts'
export {
  AbortError,
  AuthenticationError,
  AuthorizationError,
  BrokerError,
  type ClientErrorCode,
  ClosedError,
  ConnectionError,
  DecodeError,
  EncodeError,
  KafkaError,
  type KafkaErrorCode,
  type KafkaErrorDetails,
  PartialFailureError,
  ProducerFencedError,
  type ResourceType,
  SerializationError,
  TimeoutError,
  UnsupportedVersionError,
  UsageError,
} from './errors.ts'
export { Kafka } from './kafka.ts'
export type { KafkaOptions } from './kafka-options.ts'
export type { SaslOptions } from './network/sasl/mechanism.ts'
export type { SocketFactory } from './network/socket.ts'
export type { ProducerOptions } from './producer/options.ts'
export type { Producer } from './producer/producer.ts'
export { serde } from './serde.ts'
