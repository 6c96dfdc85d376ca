import type { AnyApi, RequestInput, ResponseOf } from '../../../protocol/api.ts'
import type { BrokerPool } from '../../cluster/broker-pool.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, meansWrongCoordinator } from '../../cluster/error-codes.ts'
import { brokerError, ConnectionError } from '../../errors.ts'
import type { SendOptions } from '../../network/connection.ts'

/** What every request of a member is answered with. */
type WithErrorCode = { readonly errorCode: number }

/**
 * A member's own connection to the coordinator of its group. A join waits there for the other members, and nobody
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
  async send<A extends AnyApi>(api: A, body: RequestInput<A>, options: SendOptions): Promise<ResponseOf<A>> {
    const id = await this.#cluster.coordinator('group', this.#groupId)
    try {
      const broker = this.#pool.broker(id)
      if (broker === undefined) {
        throw new ConnectionError(`Broker ${id}, the coordinator of group '${this.#groupId}', is not known`, {
          code: 'CONNECTION_FAILED',
        })
      }
      const response = await broker.send(api, body, options)
      const { errorCode } = response as WithErrorCode
      if (meansWrongCoordinator(errorCode) || errorCode === COORDINATOR_LOAD_IN_PROGRESS) {
        throw brokerError(errorCode, `${api.name} for group '${this.#groupId}'`)
      }
      return response
    } catch (error) {
      this.#cluster.forgetCoordinator('group', this.#groupId)
      throw error
    }
  }
}
