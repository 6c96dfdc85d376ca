import { decodeAssignment } from '../../../protocol/messages/consumer-protocol.ts'
import type { BrokerPool } from '../../cluster/broker-pool.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { UNKNOWN_SERVER_ERROR } from '../../cluster/error-codes.ts'
import { channels } from '../../diagnostics.ts'
import { brokerError, KafkaError } from '../../errors.ts'
import { Backoff, Deadline, monotonicNow } from '../../retry.ts'
import { inTime } from '../in-time.ts'
import { partitionKey, partitionList, type TopicPartition } from '../topic-partition.ts'
import type { TroubleLog } from '../trouble-log.ts'
import { Wakeup } from '../wakeup.ts'
import {
  FENCED_INSTANCE_ID,
  ILLEGAL_GENERATION,
  MEMBER_ID_REQUIRED,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} from './error-codes.ts'
import { GroupLeader } from './group-leader.ts'
import type { MemberIdentity } from './group-offsets.ts'
import { MemberRequests, type MembershipOptions } from './member-requests.ts'

/** What a member of a group needs from the consumer that it makes a member. */
export interface MembershipHost {
  /** The topics that the consumer subscribes to now. */
  topics(): Promise<string[]>
  /** The partitions that it has. */
  owned(): TopicPartition[]
  /** Partitions are given away, once the user's code has nothing in hand: commits (unless lost), tells the user, drops them. */
  giveUp(partitions: readonly TopicPartition[]): Promise<void>
  /** A rebalance brought these in addition to what is there. */
  receive(partitions: readonly TopicPartition[]): Promise<void>
  /** Since the last time this was asked, the user's code asked for messages, or it waits for some. */
  isPolling(): boolean
  /** No retry cures this. */
  failure(error: KafkaError): void
}

/**
 * A member of a classic group: joins, shares the partitions out if it leads, keeps itself alive with heartbeats, and
 * joins again when the group, its subscription or a lost connection demands it. Its requests have a connection of
 * their own, and run beside the user's code; only giving partitions up waits for it.
 */
export class Membership {
  readonly #cluster: Cluster
  readonly #requests: MemberRequests
  readonly #options: MembershipOptions
  readonly #host: MembershipHost
  readonly #trouble: TroubleLog
  readonly #leader: GroupLeader
  readonly #wakeup = new Wakeup()
  readonly #untrackMetadata: () => void
  #memberId = ''
  #generation = -1
  /** Why the group has to be joined (again); null while all is well. */
  #rejoinReason: string | null = null
  /** The group has given this member up: what it owned belongs to others by now. */
  #lost = false
  #joining = false
  #running: Promise<void> | null = null
  /** It is started again once it has come to its end. */
  #restarts = false
  #heartbeatTimer: NodeJS.Timeout | undefined
  #heartbeatInFlight = false
  #polledAt = monotonicNow()
  /** No rebalance begins any more, and none that is under way brings anything. */
  #stopped = false
  /** The consumer leaves: it gives its partitions up by itself, and stays a member until that is done. */
  #retired = false
  #closed = false

  constructor(
    cluster: Cluster,
    pool: BrokerPool,
    options: MembershipOptions,
    host: MembershipHost,
    trouble: TroubleLog,
  ) {
    this.#cluster = cluster
    this.#requests = new MemberRequests(cluster, pool, options)
    this.#options = options
    this.#host = host
    this.#trouble = trouble
    this.#leader = new GroupLeader(cluster)
    this.#untrackMetadata = cluster.onMetadata((metadata) => {
      if (this.#leader.isOutdated(metadata)) this.rejoin('topics of the group have changed')
    })
  }

  get identity(): MemberIdentity {
    return {
      memberId: this.#memberId,
      generation: this.#generation,
      groupInstanceId: this.#options.groupInstanceId,
    }
  }

  /** What the consumer still has belongs to others by now. Asked late: the group can give a member up at any time. */
  get isLost(): boolean {
    return this.#lost
  }

  /** Topics whose metadata this member needs beside its own: those of the whole group, if it leads. */
  get topicsOfGroup(): readonly string[] {
    return this.#leader.topics
  }

  /** Joins the group, if it is not (or no longer) joined. */
  start(): void {
    if (this.#closed || this.#retired) return
    if (this.#running !== null) {
      // It has left, and is still giving up its partitions: it comes back when that is done.
      this.#restarts = this.#stopped
      return
    }
    this.#stopped = false
    this.#restarts = false
    this.#rejoinReason ??= 'the consumer starts'
    this.#polledAt = monotonicNow()
    this.#scheduleHeartbeat()
    this.#running = this.#run().finally(() => {
      this.#running = null
      if (this.#restarts) this.start()
    })
  }

  /** The subscription or the group's topics have changed. */
  rejoin(reason: string): void {
    if (this.#running === null) return
    this.#rejoinReason ??= reason
    this.#wakeup.raise()
  }

  /** The consumer is about to leave: no rebalance begins any more, while heartbeats go on. */
  retire(): void {
    this.#retired = true
    this.#stopped = true
    this.#wakeup.raise()
  }

  /** Stops for good; the group is told if `leave`, else it finds out when the session times out. Never rejects. */
  async close(leave: boolean, timeoutMs: number): Promise<void> {
    this.#closed = true
    this.#stop()
    this.#untrackMetadata()
    if (leave) await this.#tellOfLeaving('the consumer is closed', timeoutMs)
  }

  /** Leaves the group; what it owned has been given up by the caller. A static member's place waits for it (KIP-345). */
  async leave(timeoutMs: number): Promise<void> {
    this.#stop()
    await this.#leave('the consumer unsubscribed', timeoutMs)
    this.#lost = false
    this.#retired = false
  }

  #stop(): void {
    this.#stopped = true
    clearTimeout(this.#heartbeatTimer)
    this.#wakeup.raise()
  }

  /** Ends the membership; the user's code may begin a new one by asking again, unless the error is fatal. */
  #fail(error: unknown): void {
    this.#stop()
    if (error instanceof KafkaError && error.fatal) {
      this.#closed = true
      this.#lost = true
    }
    this.#host.failure(error as KafkaError)
  }

  async #run(): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    const about = `Joining group '${this.#options.groupId}'`
    while (!this.#stopped) {
      if (this.#rejoinReason === null) {
        await this.#wakeup.wait()
        continue
      }
      try {
        await this.#rebalance()
        backoff.reset()
        this.#trouble.clear(about)
      } catch (error) {
        if (this.#stopped) break
        this.#rejoinReason ??= 'the last attempt failed'
        if (!(error instanceof KafkaError) || !error.retriable) {
          this.#fail(error)
          break
        }
        this.#trouble.note(about, error.message)
        this.#cluster.forgetCoordinator('group', this.#options.groupId)
        await this.#wakeup.wait(backoff.next())
      }
    }
    if (this.#lost && !this.#closed) await this.#loseAll()
  }

  async #rebalance(): Promise<void> {
    if (this.#lost) await this.#loseAll()
    else if (!this.#requests.isCooperative) await this.#host.giveUp(this.#host.owned())
    if (this.#stopped) return
    const topics = await this.#host.topics()
    if (this.#requests.isCooperative) {
      const unwanted = this.#host.owned().filter(({ topic }) => !topics.includes(topic))
      if (unwanted.length > 0) await this.#host.giveUp(unwanted)
    }
    // From here on a new reason is one for another rebalance.
    this.#rejoinReason = null
    this.#joining = true
    let assigned: TopicPartition[] | null
    try {
      assigned = await this.#joinAndSync(topics)
    } finally {
      // Heartbeats go on while the assignment is applied: that can wait for the user's code.
      this.#joining = false
    }
    if (assigned !== null) await this.#apply(assigned.filter(({ topic }) => topics.includes(topic)))
  }

  /** @returns null if the group wants everybody to join once more */
  async #joinAndSync(topics: readonly string[]): Promise<TopicPartition[] | null> {
    const { groupId, assignors } = this.#options
    const joined = await this.#requests.join(this.identity, topics, this.#host.owned())
    if (this.#stopped) return null
    if (joined.errorCode === MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      this.#rejoinReason ??= 'the coordinator has given this member an id'
      return null
    }
    if (!this.#accepts(joined.errorCode, 'Joining')) return null
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    this.#lost = false
    const assignor = assignors.find(({ name }) => name === joined.protocolName)
    if (assignor === undefined) {
      throw new KafkaError(
        `Group '${groupId}' uses the assignor '${joined.protocolName}', which this consumer does not know`,
        {
          code: 'INCONSISTENT_GROUP_PROTOCOL',
        },
      )
    }
    const leads = joined.leader === joined.memberId
    if (!leads) this.#leader.resign()
    const shares = leads ? await this.#leader.share(assignor, joined.members) : []
    // The leader comes back as a static member, and its group has an assignment: it watches, and shares nothing out.
    const assignments = joined.skipAssignment ? [] : shares
    const synced = await this.#requests.sync(this.identity, joined.protocolName, assignments)
    if (this.#stopped || !this.#accepts(synced.errorCode, 'Synchronising')) return null
    // A member that came too late for the assignment gets an empty answer.
    if (synced.assignment.length === 0) return []
    return decodeAssignment(synced.assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  }

  async #apply(assigned: readonly TopicPartition[]): Promise<void> {
    const { groupId } = this.#options
    const owned = this.#host.owned()
    const revoked = without(owned, assigned)
    const added = without(assigned, owned)
    if (revoked.length > 0) {
      await this.#host.giveUp(revoked)
      // Only now can these partitions be given to somebody else.
      this.rejoin('partitions were given up')
    }
    if (this.#stopped) return
    await this.#host.receive(added)
    this.#cluster.options.logger.info(
      `Group '${groupId}', generation ${this.#generation}: ${assigned.length} partitions assigned`,
      { memberId: this.#memberId, partitions: partitionList(assigned) },
    )
    this.#publish(added, revoked, [])
  }

  async #loseAll(): Promise<void> {
    const owned = this.#host.owned()
    this.#publish([], [], owned)
    if (owned.length > 0) await this.#host.giveUp(owned)
    this.#lost = false
  }

  #publish(assigned: TopicPartition[], revoked: TopicPartition[], lost: TopicPartition[]): void {
    if (!channels.rebalance.hasSubscribers) return
    const { groupId } = this.#options
    const { memberId, generation } = this.identity
    channels.rebalance.publish({ groupId, memberId, generation, assigned, revoked, lost })
  }

  /**
   * @returns false if the group has to be joined once more
   * @throws what the coordinator refused for another reason; retriable if it may be different next time
   */
  #accepts(errorCode: number, subject: string): boolean {
    const { groupId, groupInstanceId } = this.#options
    if (errorCode === 0) return true
    if (errorCode === REBALANCE_IN_PROGRESS) {
      this.rejoin('the group rebalances')
      return false
    }
    if (errorCode === UNKNOWN_MEMBER_ID || errorCode === ILLEGAL_GENERATION) {
      if (errorCode === UNKNOWN_MEMBER_ID) this.#memberId = ''
      this.#generation = -1
      this.#lost = true
      this.rejoin('the group has given this member up')
      return false
    }
    const member = groupInstanceId === null ? '' : ` as '${groupInstanceId}'`
    const error = brokerError(errorCode, `${subject} group '${groupId}'${member}`, {
      resource: groupId,
      fatal: errorCode === FENCED_INSTANCE_ID,
      ...(errorCode === UNKNOWN_SERVER_ERROR ? { retriable: true } : {}),
    })
    throw error
  }

  #scheduleHeartbeat(): void {
    clearTimeout(this.#heartbeatTimer)
    this.#heartbeatTimer = setTimeout(() => {
      this.#scheduleHeartbeat()
      if (!this.#stopped) this.#watchPolling()
      void this.#heartbeat()
    }, this.#options.heartbeatIntervalMs)
  }

  /** A member whose code does not come back holds up its partitions: it leaves, and comes back when its code does. */
  #watchPolling(): void {
    const { maxPollIntervalMs, groupId } = this.#options
    const now = monotonicNow()
    if (this.#host.isPolling()) this.#polledAt = now
    if (now - this.#polledAt <= maxPollIntervalMs || this.#lost) return
    this.#cluster.options.logger.warn(
      `No message was asked for within maxPollIntervalMs (${maxPollIntervalMs} ms): leaving group '${groupId}' until one is. ` +
        'Process fewer messages at a time, or raise the interval',
    )
    this.#lost = true
    this.#stop()
    void this.#leave('maxPollIntervalMs is over', this.#cluster.options.requestTimeoutMs)
  }

  async #heartbeat(): Promise<void> {
    const { memberId, generation } = this.identity
    // While a join is under way, that is the sign of life.
    if (generation < 0 || this.#joining || this.#heartbeatInFlight || this.#lost) return
    const about = `Heartbeats of group '${this.#options.groupId}' fail`
    this.#heartbeatInFlight = true
    try {
      const errorCode = await this.#requests.heartbeat({ memberId, generation })
      // The answer to a member that is another one by now, or on its way to the next generation anyway.
      if (this.#stopped || this.#joining || this.#generation !== generation || this.#memberId !== memberId) return
      this.#accepts(errorCode, 'Heartbeat in')
      this.#trouble.clear(about)
    } catch (error) {
      if (this.#stopped) return
      if (error instanceof KafkaError && error.retriable) {
        this.#trouble.note(about, error.message)
        return
      }
      this.#fail(error)
    } finally {
      this.#heartbeatInFlight = false
    }
  }

  async #leave(reason: string, timeoutMs: number): Promise<void> {
    if (this.#options.groupInstanceId === null) await this.#tellOfLeaving(reason, timeoutMs)
    this.#forgetPlace()
  }

  async #tellOfLeaving(reason: string, timeoutMs: number): Promise<void> {
    const member = this.identity
    if (member.memberId === '') return
    this.#forgetPlace()
    try {
      await inTime(this.#requests.leave(member, reason, timeoutMs), new Deadline(timeoutMs), 'Leaving')
    } catch (error) {
      // The session timeout does the same, only later.
      this.#cluster.options.logger.debug(`Leaving group '${this.#options.groupId}' failed`, { error })
    }
  }

  #forgetPlace(): void {
    this.#memberId = ''
    this.#generation = -1
    this.#leader.resign()
  }
}

function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const keys = new Set(others.map(({ topic, partition }) => partitionKey(topic, partition)))
  return partitions.filter(({ topic, partition }) => !keys.has(partitionKey(topic, partition)))
}
