import type { Dice } from './dice.ts'
import type { Sample } from './marking-writer.ts'

/** Something that reads bytes from outside. */
export interface Target {
  /** Of an API, or what else the bytes are. */
  readonly api: string
  /** Such as `response`; empty where there is only one. */
  readonly direction: string
  readonly version: number
  /** Valid inputs, to be made hostile. */
  samples(dice: Dice): readonly Sample[] | Promise<readonly Sample[]>
  /** The last touch on a mutated input, so that it gets past what would refuse it at once. */
  finish?(bytes: Buffer, dice: Dice): Buffer
  /** @returns whether the bytes were accepted; throws if they are handled wrongly */
  judge(bytes: Buffer): boolean | Promise<boolean>
  /** The most that judging one input may keep outside of the JavaScript heap, in bytes. */
  readonly maxExternalBytes: number
}

export function titleOf({ api, direction, version }: Target): string {
  return `${api}${direction === '' ? '' : ` ${direction}`} v${version}`
}
