import type { AnyApi, RequestInput, ResponseOf } from '../../../protocol/api.ts'
import type { BrokerPool } from '../../cluster/broker-pool.ts'
import type { Cluster, RoutedBody } from '../../cluster/cluster.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, meansWrongCoordinator } from '../../cluster/error-codes.ts'
import { brokerError, ConnectionError } from '../../errors.ts'
import type { SendOptions } from '../../network/connection.ts'

export interface GroupSendOptions<Response> extends SendOptions {
  /** Where the answer says whether it comes from the coordinator; its `errorCode` if not given. */
  errorCode?: (response: Response) => number
}

/**
 * A way to the coordinator of a group. A member has one of its own: a join waits there for the other members, and nobody
 * else's requests may wait behind it.
 */
export class GroupConnection {
  readonly #cluster: Cluster
  readonly #pool: BrokerPool
  readonly #groupId: string

  constructor(cluster: Cluster, pool: BrokerPool, groupId: string) {
    this.#cluster = cluster
    this.#pool = pool
    this.#groupId = groupId
  }

  /**
   * Sends once; after any failure the coordinator is looked up anew.
   * @throws retriable errors when the coordinator cannot be reached, or is not (yet) the right one
   */
  async send<A extends AnyApi>(
    api: A,
    body: RoutedBody<A>,
    options: GroupSendOptions<ResponseOf<A>> = {},
  ): Promise<ResponseOf<A>> {
    const id = await this.#cluster.coordinator('group', this.#groupId)
    try {
      const broker = this.#pool.broker(id)
      if (broker === undefined) {
        throw new ConnectionError(`Broker ${id}, the coordinator of group '${this.#groupId}', is not known`, {
          code: 'CONNECTION_FAILED',
        })
      }
      const connection = await broker.connection()
      const version = connection.version(api, options)
      const versioned = typeof body === 'function' ? (body as (version: number) => RequestInput<A>)(version) : body
      const response = await connection.send(api, versioned, { ...options, version })
      const code = options.errorCode?.(response) ?? (response as { errorCode?: number }).errorCode ?? 0
      if (meansWrongCoordinator(code) || code === COORDINATOR_LOAD_IN_PROGRESS) {
        throw brokerError(code, `${api.name} for group '${this.#groupId}'`)
      }
      return response
    } catch (error) {
      this.#cluster.forgetCoordinator('group', this.#groupId)
      throw error
    }
  }
}
