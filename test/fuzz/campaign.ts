import { performance } from 'node:perf_hooks'
import { type Dice, diceOf } from './dice.ts'
import { frameTargets } from './frame-targets.ts'
import type { Sample } from './marking-writer.ts'
import { apiTargets, groupMemberTargets, headerTargets } from './message-targets.ts'
import { mutate } from './mutations.ts'
import { recordTargets } from './record-targets.ts'
import type { Target } from './target.ts'

/** What may be fuzzed, and how often each kind is. */
const kinds: ReadonlyArray<readonly [share: number, targets: () => Target[]]> = [
  [0.7, apiTargets],
  [0.22, recordTargets],
  [0.03, groupMemberTargets],
  [0.02, headerTargets],
  [0.03, frameTargets],
]

/** What one input came to. */
export interface Outcome {
  readonly accepted: boolean
  readonly ms: number
}

interface Group {
  readonly share: number
  readonly arms: ReadonlyArray<{ readonly target: Target; readonly samples: readonly Sample[] }>
}

/** Makes the inputs of a seed and judges them. */
export class Campaign {
  readonly #seed: number
  readonly #groups: readonly Group[]

  private constructor(seed: number, groups: readonly Group[]) {
    this.#seed = seed
    this.#groups = groups
  }

  /** @param api fuzz this alone; everything if not given */
  static async prepare(seed: number, api?: string): Promise<Campaign> {
    const groups: Group[] = []
    for (const [share, targets] of kinds) {
      const arms: Array<{ target: Target; samples: readonly Sample[] }> = []
      for (const target of targets()) {
        if (api !== undefined && target.api !== api) continue
        arms.push({ target, samples: await target.samples(diceOf(seed, -arms.length - 2)) })
      }
      if (arms.length > 0) groups.push({ share, arms })
    }
    if (groups.length === 0) throw new Error(`There is nothing called ${api} to fuzz`)
    return new Campaign(seed, groups)
  }

  get targets(): Target[] {
    return this.#groups.flatMap((group) => group.arms.map((arm) => arm.target))
  }

  /** The input of a number: always the same for the seed. */
  input(index: number): { target: Target; bytes: Buffer } {
    const dice = diceOf(this.#seed, index)
    const group = this.#pickGroup(dice)
    const { target, samples } = dice.pick(group.arms)
    const other = dice.chance(0.5) ? dice.pick(samples) : dice.pick(dice.pick(group.arms).samples)
    const bytes = mutate(dice.pick(samples), other, dice)
    return { target, bytes: target.finish?.(bytes, dice) ?? bytes }
  }

  #pickGroup(dice: Dice): Group {
    let point = dice.random() * this.#groups.reduce((sum, group) => sum + group.share, 0)
    for (const group of this.#groups) {
      point -= group.share
      if (point < 0) return group
    }
    return this.#groups[0]
  }
}

/** Times how long a target takes for an input. */
export async function timed(target: Target, bytes: Buffer): Promise<Outcome> {
  const start = performance.now()
  const verdict = target.judge(bytes)
  const accepted = verdict instanceof Promise ? await verdict : verdict
  return { accepted, ms: performance.now() - start }
}
