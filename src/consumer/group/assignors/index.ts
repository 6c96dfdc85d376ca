import type { Assignor } from './assignor.ts'
import { cooperativeSticky } from './cooperative-sticky.ts'
import { range } from './range.ts'
import { roundRobin } from './round-robin.ts'

/** The assignors that a consumer can be configured with, by Kafka's names. */
export const assignors = {
  range,
  roundrobin: roundRobin,
  'cooperative-sticky': cooperativeSticky,
} satisfies Record<string, Assignor>

export type AssignorName = keyof typeof assignors
export const assignorNames = Object.keys(assignors) as AssignorName[]
