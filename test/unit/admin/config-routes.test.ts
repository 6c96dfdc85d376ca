import { afterEach, describe, expect, test, vi } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import type { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { Admin } from '../../../src/admin/admin.ts'
import { addresses, clusterAt, scriptedBrokers } from '../cluster/scripted-cluster.ts'
import { failure } from '../failure.ts'
import type { ScriptedBroker, ScriptedRequest } from '../network/scripted-broker.ts'

type Alteration = ScriptedRequest<typeof incrementalAlterConfigs>

const altered = ({ body }: Alteration, code = 0) => ({
  throttleTimeMs: 0,
  responses: body.resources.map(({ resourceType, resourceName }) => {
    return { errorCode: code, errorMessage: null, resourceType, resourceName }
  }),
})

const asked = (brokers: readonly ScriptedBroker[]) =>
  brokers.map((broker) => broker.asked('IncrementalAlterConfigs').length)

afterEach(() => {
  vi.useRealTimers()
})

describe.each(['topic', 'group', 'client-metrics', 'broker'] as const)('a change of what %ss share', (type) => {
  const change = [{ type, name: type === 'broker' ? '' : 'x', configs: { a: 1 } }]

  test('goes to the controller alone, however long that keeps silent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const brokers = await scriptedBrokers(
      { IncrementalAlterConfigs: () => null },
      { IncrementalAlterConfigs: (request) => altered(request) },
      { IncrementalAlterConfigs: (request) => altered(request) },
    )
    const cluster = clusterAt(addresses(brokers))
    await cluster.connect()
    const call = failure(new Admin(cluster).incrementalAlterConfigs(change, { timeoutMs: 20_000 }))
    await brokers[0].request('IncrementalAlterConfigs', 1)
    // Long enough for any hedge; a copy that a second broker got would be applied whenever the first wakes up.
    for (let s = 0; s < 21; s++) {
      vi.advanceTimersByTime(1000)
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await call).code).toBe('TIMED_OUT')
    expect(asked(brokers)).toEqual([1, 0, 0])
  })

  test('is made elsewhere when the controller is lost, or is the controller no more', async () => {
    let controllerId = 1
    const Metadata = () => ({
      brokers: brokers.map(({ port }, i) => ({ nodeId: i + 1, host: '127.0.0.1', port })),
      controllerId,
      topics: [],
    })
    const brokers: ScriptedBroker[] = await scriptedBrokers(
      {
        Metadata,
        IncrementalAlterConfigs: ({ peer }) => {
          controllerId = 2
          peer.destroy()
          return null
        },
      },
      {
        Metadata,
        IncrementalAlterConfigs: (request) => {
          controllerId = 3
          return altered(request, errorCode('NOT_CONTROLLER'))
        },
      },
      { Metadata, IncrementalAlterConfigs: (request) => altered(request) },
    )
    const cluster = clusterAt(addresses(brokers), { retryBackoffMs: 1, retryBackoffMaxMs: 2, reconnectBackoffMs: 1 })
    await new Admin(cluster).incrementalAlterConfigs(change)
    const counts = asked(brokers)
    expect(counts.every((count) => count > 0)).toBe(true)
    expect(counts[2]).toBe(1)
  })
})
