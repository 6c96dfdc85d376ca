import { invalidOption, mistyped, type OptionCheck } from '../options.ts'

/** An address given by the user, before any broker has been asked for the cluster's own. */
export interface BootstrapServer {
  readonly host: string
  readonly port: number
}

/** Reads `bootstrapServers`: `'a:9092,b:9092'` or a list of such; `[::1]:9092` for IPv6. */
export const bootstrapServersCheck: OptionCheck<string | readonly string[]> = (value, path) => {
  if (typeof value !== 'string' && !(Array.isArray(value) && value.every((each) => typeof each === 'string'))) {
    throw mistyped(path, "a string such as 'host:9092' or an array of them", value)
  }
  parseBootstrapServers(value as string | string[], path)
  return value as string | string[]
}

/** @throws UsageError naming `path` and the part that is not an address */
export function parseBootstrapServers(value: string | readonly string[], path = 'bootstrapServers'): BootstrapServer[] {
  const parts = (typeof value === 'string' ? [value] : value).flatMap((part) => part.split(','))
  const texts = parts.map((part) => part.trim()).filter((part) => part !== '')
  if (texts.length === 0) throw invalidOption(`${path} must name at least one broker, such as 'localhost:9092'`)
  const seen = new Set<string>()
  const servers: BootstrapServer[] = []
  for (const text of texts) {
    const match = /^(?:[A-Za-z_]+:\/\/)?(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s[\]:/]+)):(\d{1,5})$/.exec(text)
    const port = Number(match?.[3])
    if (match === null || port < 1 || port > 65535) {
      throw invalidOption(`${path}: '${text}' is not an address of the form host:port`)
    }
    const host = match[1] ?? match[2]
    const key = `${host}:${port}`
    if (!seen.has(key)) servers.push({ host, port })
    seen.add(key)
  }
  return servers
}
