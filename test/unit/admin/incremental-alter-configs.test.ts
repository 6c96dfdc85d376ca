import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import type { ConfigAlteration } from '../../../src/admin/incremental-alter-configs.ts'
import { PartialFailureError, UnsupportedVersionError, UsageError } from '../../../src/errors.ts'
import { FakeCluster, type SentRequest } from './fake-cluster.ts'

interface Resource {
  resourceType: number
  resourceName: string
  configs: unknown[]
}

const resourcesOf = ({ body }: SentRequest): Resource[] => body.resources as Resource[]

/** An answer in the reverse order, with a code for some of the names. */
function altered(request: SentRequest, codes: Record<string, number> = {}): unknown {
  const responses = resourcesOf(request).toReversed()
  return {
    responses: responses.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode: codes[resourceName] ?? 0,
      errorMessage: resourceName in codes ? 'why' : null,
    })),
  }
}

describe('incrementalAlterConfigs', () => {
  test('a value sets, null takes away, and lists grow and shrink', async () => {
    const fake = new FakeCluster({ IncrementalAlterConfigs: (request) => altered(request) })
    const admin = new Admin(fake.cluster)
    const configs = {
      number: 5,
      boolean: false,
      text: '',
      gone: null,
      more: { append: ['a', 2] },
      less: { subtract: 'b' },
    }
    await admin.incrementalAlterConfigs([{ type: 'topic', name: 'a', configs }])
    await admin.incrementalAlterConfigs([{ type: 'topic', name: 'a', configs: new Map(Object.entries(configs)) }], {
      validateOnly: true,
    })
    const expected = [
      { name: 'number', configOperation: 0, value: '5' },
      { name: 'boolean', configOperation: 0, value: 'false' },
      { name: 'text', configOperation: 0, value: '' },
      { name: 'gone', configOperation: 1, value: null },
      { name: 'more', configOperation: 2, value: 'a,2' },
      { name: 'less', configOperation: 3, value: 'b' },
    ]
    expect(fake.sent.map(({ body }) => body)).toEqual([
      { resources: [{ resourceType: 2, resourceName: 'a', configs: expected }], validateOnly: false },
      { resources: [{ resourceType: 2, resourceName: 'a', configs: expected }], validateOnly: true },
    ])
  })

  const every: ConfigAlteration[] = [
    { type: 'broker', name: '1', configs: { x: 1 } },
    { type: 'group', name: 'g', configs: { x: 1 } },
    { type: 'broker', name: '', configs: { x: 1 } },
    { type: 'broker-logger', name: '1', configs: { x: 'DEBUG' } },
    { type: 'client-metrics', name: 'm', configs: { x: 1 } },
    { type: 'broker', name: '9', configs: { x: 1 } },
  ]

  test('brokers get what is about them, and the outcomes are told in the order asked', async () => {
    const fake = new FakeCluster({
      IncrementalAlterConfigs: (request) => altered(request, { m: errorCode('INVALID_CONFIG') }),
    })
    const error = await new Admin(fake.cluster).incrementalAlterConfigs(every).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    expect((error as PartialFailureError<unknown>).results).toMatchObject([
      null,
      null,
      null,
      null,
      { code: 'INVALID_CONFIG', message: "Configuration of client-metrics 'm': INVALID_CONFIG (40): why" },
      { code: 'BROKER_NOT_AVAILABLE' },
    ])
    const routes = fake.sent.map((request) => [request.route, resourcesOf(request).map((each) => each.resourceType)])
    expect(routes).toContainEqual([{ broker: 1 }, [4, 8]])
    expect(routes).toContainEqual(['controller', [32, 4, 16]])
    expect(routes).toHaveLength(2)
  })

  test('a refusal names what the ACLs protect', async () => {
    const [group, cluster] = [errorCode('GROUP_AUTHORIZATION_FAILED'), errorCode('CLUSTER_AUTHORIZATION_FAILED')]
    const fake = new FakeCluster({
      IncrementalAlterConfigs: (request) => altered(request, { g: group, 1: cluster }),
    })
    const error = await new Admin(fake.cluster)
      .incrementalAlterConfigs(every.slice(0, 2))
      .catch((reason: unknown) => reason)
    expect((error as PartialFailureError<unknown>).results).toMatchObject([
      { resourceType: 'cluster', resourceName: '' },
      { resourceType: 'group', resourceName: 'g' },
    ])
  })

  test('a broker without the API is an UnsupportedVersionError, not a failure of each resource', async () => {
    const fake = new FakeCluster({
      IncrementalAlterConfigs: () => {
        throw new UnsupportedVersionError('too old')
      },
    })
    const call = new Admin(fake.cluster).incrementalAlterConfigs(every.slice(0, 4))
    await expect(call).rejects.toBeInstanceOf(UnsupportedVersionError)
  })

  test.each<[unknown, RegExp]>([
    [{ type: 'topic' }, /resources must be an array/],
    [[{ type: 'topic', name: 'a' }], /'configs' is required/],
    [[{ type: 'topic', name: 'a', configs: {} }], /'configs' names no configuration/],
    [[{ type: 'topic', name: 'a', configs: [] }], /'configs' must be an object or a Map keyed by name/],
    [[{ type: 'topic', name: 'a', ops: [] }], /unknown option 'ops'/],
    [[{ type: 'topic', name: 'a', configs: { x: undefined } }], /'x' must be a string, a number.*got undefined/],
    [
      [{ type: 'topic', name: 'a', configs: { x: ['y'] } }],
      /'x' must be .*\{ append \} or \{ subtract \}, got an array/,
    ],
    [[{ type: 'topic', name: 'a', configs: { x: { add: 'y' } } }], /'x' must be/],
    [[{ type: 'topic', name: 'a', configs: { x: { append: 1, subtract: 2 } } }], /'x' must be/],
    [[{ type: 'topic', name: 'a', configs: { x: { append: [] } } }], /'x': append must be .*got an empty array/],
    [[{ type: 'topic', name: 'a', configs: { x: { append: [null] } } }], /'x': append must be .*got null/],
    [[{ type: 'topic', name: 'a', configs: { x: { append: [undefined] } } }], /'x': append must be .*got undefined/],
    [[{ type: 'topic', name: 'a', configs: { x: Number.NaN } }], /'x' must be/],
    [[{ type: 'topic', name: '', configs: { x: 1 } }], /'name' must be a non-empty string/],
    [[{ type: 'broker', name: 1, configs: { x: 1 } }], /'name' must be a string, got 1/],
    [[{ type: 'broker-logger', name: '', configs: { x: 1 } }], /'name' of a broker-logger must be a broker's id/],
    [[every[0], every[0]], /names broker '1' twice/],
  ])('refuses %j', async (resources, message) => {
    const fake = new FakeCluster({})
    const call = new Admin(fake.cluster).incrementalAlterConfigs(resources as never)
    await expect(call).rejects.toThrow(UsageError)
    await expect(call).rejects.toThrow(message)
    expect(fake.sent).toEqual([])
  })
})

test.each<[unknown, RegExp]>([
  [[{ type: 'topic', name: 'a', configNames: [] }], /'configNames' is empty; leave it out/],
  [[{ type: 'broker-logger', name: '' }], /'name' of a broker-logger must be a broker's id, got ''/],
  [
    [
      { type: 'topic', name: 'a', configNames: ['x'] },
      { type: 'topic', name: 'a', configNames: ['y'] },
    ],
    /names topic 'a' twice/,
  ],
])('describeConfigs refuses %j', async (resources, message) => {
  await expect(new Admin(new FakeCluster({}).cluster).describeConfigs(resources as never)).rejects.toThrow(message)
})
