import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PEERS = ['kafkajs', '@platformatic/kafka', '@node-rs/crc32']
const folder = import.meta.dirname

/** Puts the peers beside their package.json on first use. They are no dependencies of the project. */
export async function installPeers(): Promise<void> {
  if (existsSync(join(folder, 'node_modules'))) return
  console.log('Installing the peers into bench/peers …')
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error('npm ci failed in bench/peers')
}

/** What is installed, for the head of the report. */
export function peerVersions(): string[] {
  return PEERS.map((name) => {
    const file = join(folder, 'node_modules', name, 'package.json')
    // The native checksum is an optional dependency of @platformatic/kafka, and not there on every platform.
    if (!existsSync(file)) return `${name}: not installed`
    return `${name} ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`
  })
}
