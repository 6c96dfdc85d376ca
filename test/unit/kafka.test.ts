import { afterEach, expect, it, vi } from 'vitest'
import { Cluster } from '../../src/cluster/cluster.ts'
import { Kafka } from '../../src/kafka.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('close lets every client finish although one fails, then says so', async () => {
  const kafka = new Kafka({ bootstrapServers: '127.0.0.1:1' })
  const clusterClose = vi.spyOn(Cluster.prototype, 'close')
  const finished = Promise.withResolvers<void>()
  vi.spyOn(kafka.producer(), 'close').mockRejectedValue(new Error('mine'))
  vi.spyOn(kafka.producer(), 'close').mockReturnValue(finished.promise)
  const closing = kafka.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(clusterClose).not.toHaveBeenCalled()
  finished.resolve()
  await expect(closing).rejects.toThrow('mine')
  expect(clusterClose).toHaveBeenCalledOnce()
})
