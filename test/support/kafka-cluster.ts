import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificates, type TlsMaterial } from './certificates.ts'
import { JavaProcess } from './java-process.ts'
import { kafkaJars } from './kafka-jars.ts'
import { atLeast, resolveKafkaVersion } from './kafka-versions.ts'
import { type AuthMode, listenerName, listenerProperties, protocols, users, usesScram, usesTls } from './listeners.ts'
import { freePorts } from './ports.ts'

export { kafkaJars } from './kafka-jars.ts'
export type { AuthMode } from './listeners.ts'

export interface KafkaClusterOptions {
  /** `4.3.1`, or `4.3` for its newest patch. Default: `KAFKA_VERSION`, else the newest that the tests know. */
  version?: string
  /** Default 1. */
  nodes?: number
  /** The listeners that clients can use; the first is the one of `bootstrapServers`. Default `['none']`. */
  listeners?: readonly AuthMode[]
  /** Broker properties, which win over the launcher's own. */
  properties?: Readonly<Record<string, string>>
}

const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 90_000
const POLL_MS = 100

interface Node {
  readonly id: number
  readonly folder: string
  /** Ports by listener: the clients' modes, `INTERNAL` and `CONTROLLER`. */
  readonly ports: ReadonlyMap<string, number>
  process: JavaProcess | null
}

/** A Kafka cluster of its own on loopback ports, made of the jars that Maven fetches. Needs Java 17 and Maven. */
export class KafkaCluster {
  readonly version: string
  readonly #jars: string
  readonly #folder: string
  readonly #listeners: readonly AuthMode[]
  readonly #nodes: readonly Node[]
  readonly #zookeeperPort: number | null
  #zookeeper: JavaProcess | null = null
  #tls: TlsMaterial | null = null

  private constructor(
    version: string,
    jars: string,
    folder: string,
    listeners: readonly AuthMode[],
    nodes: readonly Node[],
    zookeeperPort: number | null,
  ) {
    this.version = version
    this.#jars = jars
    this.#folder = folder
    this.#listeners = listeners
    this.#nodes = nodes
    this.#zookeeperPort = zookeeperPort
  }

  /** Starts a cluster and resolves when every node knows all the others. */
  static async start(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
    const { nodes: count = 1, listeners = ['none'], properties = {} } = options
    const version = resolveKafkaVersion(options.version)
    const jars = await kafkaJars(version)
    const folder = await mkdtemp(join(tmpdir(), 'kafka-wire-cluster-'))
    const names = [...listeners.map(listenerName), 'INTERNAL', 'CONTROLLER']
    const ports = await freePorts(count * names.length + 1)
    const nodes: Node[] = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      folder: join(folder, `node${i + 1}`),
      ports: new Map(names.map((name, j) => [name, ports[i * names.length + j]])),
      process: null,
    }))
    const zookeeperPort = atLeast(version, '3.3') ? null : ports[ports.length - 1]
    const cluster = new KafkaCluster(version, jars, folder, listeners, nodes, zookeeperPort)
    process.once('exit', cluster.#onExit)
    try {
      await cluster.#prepare(properties)
      await cluster.#startAll()
      return cluster
    } catch (error) {
      const log = await cluster.#lastLog()
      await cluster.stopAll()
      throw new Error(`Kafka ${version} does not start: ${(error as Error).message}\n${log}`, { cause: error })
    }
  }

  /** Addresses of the first listener. */
  get bootstrapServers(): string {
    return this.bootstrapServersFor(this.#listeners[0])
  }

  bootstrapServersFor(mode: AuthMode): string {
    return this.#addresses(listenerName(mode))
  }

  /** Plain text, and open to every tool. */
  get internalServers(): string {
    return this.#addresses('INTERNAL')
  }

  /** Certificates for the listeners with TLS. */
  get tls(): TlsMaterial {
    if (this.#tls === null) throw new Error('No listener of this cluster uses TLS')
    return this.#tls
  }

  get nodeIds(): number[] {
    return this.#nodes.map(({ id }) => id)
  }

  /** Ends a node without warning, as `kill -9` does. */
  async kill(id: number): Promise<void> {
    await this.#node(id).process?.end('SIGKILL')
  }

  /** Shuts a node down. */
  async stop(id: number): Promise<void> {
    await this.#node(id).process?.end('SIGTERM')
  }

  /** Starts a stopped node again, with its data, and resolves when it serves. */
  async start(id: number): Promise<void> {
    const node = this.#node(id)
    if (node.process?.running) return
    this.#launch(node)
    await this.#ready(node)
  }

  /** Makes a node hang with its sockets open. */
  pause(id: number): void {
    this.#node(id).process?.signal('SIGSTOP')
  }

  resume(id: number): void {
    this.#node(id).process?.signal('SIGCONT')
  }

  /** Runs one of Kafka's Java tools by its full class name, with `input` on its standard input. */
  async javaTool(
    className: string,
    args: readonly string[],
    input = '',
  ): Promise<{ stdout: string; stderr: string; code: number }> {
    return runJava(
      ['-Xmx256m', ...this.#logging(join(this.#folder, 'tool.log')), '-cp', this.#classPath, className, ...args],
      input,
    )
  }

  /** Stops everything and removes all data. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#nodes.map(({ process }) => process?.end('SIGKILL')))
    await this.#zookeeper?.end('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
    process.off('exit', this.#onExit)
  }

  /** A process that ends in the midst leaves no data behind, and no broker that could write it again. */
  readonly #onExit = (): void => {
    for (const { process } of this.#nodes) process?.signal('SIGKILL')
    this.#zookeeper?.signal('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  get #classPath(): string {
    return join(this.#jars, '*')
  }

  #node(id: number): Node {
    const node = this.#nodes.find((each) => each.id === id)
    if (node === undefined) throw new Error(`There is no node ${id}`)
    return node
  }

  #addresses(listener: string): string {
    return this.#nodes.map(({ ports }) => `${HOST}:${ports.get(listener)}`).join(',')
  }

  async #prepare(properties: Readonly<Record<string, string>>): Promise<void> {
    const tlsFolder = join(this.#folder, 'tls')
    if (this.#listeners.some(usesTls)) this.#tls = await makeCertificates(tlsFolder)
    for (const node of this.#nodes) {
      await mkdir(node.folder, { recursive: true })
      const lines = [...this.#properties(node, tlsFolder), ...Object.entries(properties).map(([k, v]) => `${k}=${v}`)]
      await writeFile(join(node.folder, 'server.properties'), `${lines.join('\n')}\n`)
    }
    if (this.#zookeeperPort === null) await Promise.all(this.#nodes.map((node) => this.#format(node)))
    else await this.#startZooKeeper(this.#zookeeperPort)
  }

  #properties(node: Node, tlsFolder: string): string[] {
    const count = this.#nodes.length
    const modes = this.#listeners
    const names = [...modes.map(listenerName), 'INTERNAL']
    const addresses = names.map((name) => `${name}://${HOST}:${node.ports.get(name)}`)
    const security = [...modes.map((mode) => `${listenerName(mode)}:${protocols[mode]}`), 'INTERNAL:PLAINTEXT']
    const lines = [
      `advertised.listeners=${addresses.join(',')}`,
      'inter.broker.listener.name=INTERNAL',
      `log.dirs=${join(node.folder, 'data')}`,
      `default.replication.factor=${Math.min(3, count)}`,
      `offsets.topic.replication.factor=${Math.min(3, count)}`,
      'offsets.topic.num.partitions=5',
      `transaction.state.log.replication.factor=${Math.min(3, count)}`,
      'transaction.state.log.num.partitions=5',
      `transaction.state.log.min.isr=${Math.min(2, count)}`,
      'group.initial.rebalance.delay.ms=0',
      'auto.create.topics.enable=false',
      ...modes.flatMap((mode) => listenerProperties(mode, tlsFolder)),
    ]
    if (this.#zookeeperPort !== null) {
      return [
        ...lines,
        `broker.id=${node.id}`,
        `zookeeper.connect=${HOST}:${this.#zookeeperPort}`,
        `listeners=${addresses.join(',')}`,
        `listener.security.protocol.map=${security.join(',')}`,
      ]
    }
    const voters = this.#nodes.map(({ id, ports }) => `${id}@${HOST}:${ports.get('CONTROLLER')}`)
    return [
      ...lines,
      `node.id=${node.id}`,
      'process.roles=broker,controller',
      `controller.quorum.voters=${voters.join(',')}`,
      'controller.listener.names=CONTROLLER',
      `listeners=${addresses.join(',')},CONTROLLER://${HOST}:${node.ports.get('CONTROLLER')}`,
      `listener.security.protocol.map=${security.join(',')},CONTROLLER:PLAINTEXT`,
      // A dead broker is noticed in seconds instead of ten: the tests of failures wait for that.
      'broker.session.timeout.ms=3000',
      'broker.heartbeat.interval.ms=500',
    ]
  }

  /** Writes the metadata that a KRaft node starts from. */
  async #format(node: Node): Promise<void> {
    const args = ['format', '-t', this.#clusterId, '-c', join(node.folder, 'server.properties')]
    if (this.#listeners.some(usesScram)) {
      for (const [name, password] of Object.entries(users)) {
        for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
          args.push('--add-scram', `${mechanism}=[name=${name},password=${password}]`)
        }
      }
    }
    const { code, stdout, stderr } = await this.javaTool('kafka.tools.StorageTool', args)
    if (code !== 0) throw new Error(`format failed: ${stdout}${stderr}`)
  }

  /** 16 bytes in base64url; the first character is not a dash, which a tool would take for an option. */
  readonly #clusterId = `K${randomBytes(16).toString('base64url').slice(1)}`

  async #startZooKeeper(port: number): Promise<void> {
    const folder = join(this.#folder, 'zookeeper')
    await mkdir(folder)
    const file = join(folder, 'zoo.cfg')
    const lines = [
      `dataDir=${folder}`,
      `clientPort=${port}`,
      `clientPortAddress=${HOST}`,
      'maxClientCnxns=0',
      'admin.enableServer=false',
    ]
    await writeFile(file, `${lines.join('\n')}\n`)
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
    const log = join(folder, 'zookeeper.log')
    const jmx = '-Dzookeeper.jmx.log4j.disable=true'
    this.#zookeeper = new JavaProcess(['-Xmx256m', jmx, ...this.#logging(log), '-cp', this.#classPath, main, file], log)
    await until(() => isOpen(port), 'ZooKeeper does not listen')
  }

  async #startAll(): Promise<void> {
    for (const node of this.#nodes) this.#launch(node)
    await Promise.all(this.#nodes.map((node) => this.#ready(node)))
    if (this.#zookeeperPort !== null && this.#listeners.some(usesScram)) await this.#addScramUsers(this.#zookeeperPort)
  }

  /** SCRAM users of a cluster that cannot be given them while it is formatted. */
  async #addScramUsers(zookeeperPort: number): Promise<void> {
    const where = atLeast(this.version, '2.7')
      ? ['--bootstrap-server', this.internalServers]
      : ['--zookeeper', `${HOST}:${zookeeperPort}`]
    for (const [name, password] of Object.entries(users)) {
      const config = `SCRAM-SHA-256=[password=${password}],SCRAM-SHA-512=[password=${password}]`
      const what = ['--alter', '--entity-type', 'users', '--entity-name', name, '--add-config', config]
      const { code, stdout, stderr } = await this.javaTool('kafka.admin.ConfigCommand', [...where, ...what])
      if (code !== 0) throw new Error(`no SCRAM user ${name}: ${stdout}${stderr}`)
    }
  }

  #launch(node: Node): void {
    const log = join(node.folder, 'broker.log')
    const heap = ['-Xms256m', '-Xmx768m', '-XX:+UseG1GC']
    const file = join(node.folder, 'server.properties')
    node.process = new JavaProcess([...heap, ...this.#logging(log), '-cp', this.#classPath, 'kafka.Kafka', file], log)
  }

  /** Resolves when the node knows all that run, those among them that were started after it. */
  #ready(node: Node): Promise<void> {
    const port = node.ports.get('INTERNAL') as number
    return until(async () => {
      if (!node.process?.running) throw new Error(`node ${node.id} has ended`)
      return (await brokersKnownAt(port)) === this.#nodes.filter((each) => each.process?.running).length
    }, `node ${node.id} does not serve`)
  }

  /** Warnings and errors go to standard output, which is a file. */
  #logging(log: string): string[] {
    if (atLeast(this.version, '4.0')) return [`-Dlog4j2.level=WARN`, `-Dkafka.log=${log}`]
    return ['-Dlog4j.configuration=file:/dev/null', `-Dkafka.log=${log}`]
  }

  async #lastLog(): Promise<string> {
    const logs = await Promise.all(
      this.#nodes.map(({ folder }) => readFile(join(folder, 'broker.log'), 'utf8').catch(() => '')),
    )
    return logs.map((log) => log.slice(-1500)).join('\n')
  }
}

async function runJava(
  args: readonly string[],
  input: string,
): Promise<{ stdout: string; stderr: string; code: number }> {
  const child = spawn('java', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { stdout, stderr, code: code ?? 1 }
}

async function until(condition: () => Promise<boolean>, complaint: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${complaint} after ${START_TIMEOUT_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

/** How many brokers the one at `port` knows, by a Metadata request in version 0; 0 if it does not answer. */
function brokersKnownAt(port: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    let answer = Buffer.alloc(0)
    // Length, Metadata, version 0, correlation id, no client id, an array of no topics.
    const request = Buffer.from([0, 0, 0, 14, 0, 3, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0])
    socket.once('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 12) return
      resolve(answer.readInt32BE(8))
      socket.destroy()
    })
    socket.setTimeout(3000, () => socket.destroy())
    socket.once('error', () => resolve(0))
    socket.once('close', () => resolve(0))
  })
}
