import { metadata } from '../../protocol/messages/metadata.ts'
import { boolean, type OptionSchema } from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'

export interface ListTopicsOptions extends CallOptions {
  /** Also Kafka's own topics, such as `__consumer_offsets`. Default false. */
  listInternal?: boolean
}

export const listTopicsOptions: OptionSchema<ListTopicsOptions & { listInternal: boolean }> = {
  ...callOptions,
  listInternal: { check: boolean, default: false },
}

/** Names of the topics that the ACLs let this client see, sorted. */
export async function listTopics(call: Call, listInternal: boolean): Promise<string[]> {
  const { topics } = await call.send(metadata, { topics: null, allowAutoTopicCreation: false }, 'any')
  const names: string[] = []
  for (const { name, isInternal } of topics) if (name !== null && (listInternal || !isInternal)) names.push(name)
  return names.sort()
}
