import { expect, test } from 'vitest'
import { Admin } from '../../../src/admin/admin.ts'
import { AbortError, ClosedError, UsageError } from '../../../src/errors.ts'
import { abortable } from '../../../src/retry.ts'
import { FakeCluster } from './fake-cluster.ts'

/** A cluster that never answers, as the real one does until its deadline. */
function silent(): FakeCluster {
  return new FakeCluster({ Metadata: ({ signal }) => abortable(new Promise(() => {}), signal) })
}

test('unknown options are named', async () => {
  const { cluster } = silent()
  expect(() => new Admin(cluster, { timeout: 5 } as never)).toThrow(/kafka\.admin\(\): unknown option 'timeout'/)
  const admin = new Admin(cluster)
  await expect(admin.listTopics({ timeout: 5 } as never)).rejects.toThrow(/did you mean 'timeoutMs'/)
  await expect(admin.listTopics({ timeoutMs: 0 })).rejects.toThrow(UsageError)
  await expect(admin.listTopics({ signal: {} as never })).rejects.toThrow(/'signal' must be an AbortSignal/)
})

test('an aborted signal ends the call', async () => {
  const controller = new AbortController()
  const call = new Admin(silent().cluster).listTopics({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(call).rejects.toThrow(AbortError)
})

test('close ends running calls, refuses later ones and reports itself once', async () => {
  let closed = 0
  const admin = new Admin(silent().cluster, {}, () => closed++)
  const call = admin.listTopics({ signal: new AbortController().signal })
  await Promise.all([admin.close(), admin.close()])
  await expect(call).rejects.toThrow(ClosedError)
  await expect(admin.listTopics()).rejects.toThrow(ClosedError)
  await admin[Symbol.asyncDispose]()
  expect(closed).toBe(1)
})
