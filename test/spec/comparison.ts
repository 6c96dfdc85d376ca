import type { Fields } from '../../protocol/fields.ts'
import { apis } from '../../protocol/index.ts'
import type { Message } from '../../protocol/message.ts'
import { includesVersion, noVersions, parseVersions } from '../../protocol/versions.ts'
import type { Definitions, MessageDefinition } from './kafka-definitions.ts'
import { declaredLayout, definedLayout, type FieldLine } from './layout.ts'

/** Fields that the specified release renamed, by message and path, with the paths that earlier ones have for them. */
const FORMER_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Was called ListClientMetricsResources, and had these.
  ListConfigResourcesResponse: {
    configResources: 'clientMetricsResources',
    'configResources.resourceName': 'clientMetricsResources.name',
  },
  StreamsGroupHeartbeatResponse: { acceptableRecoveryLagLegacy: 'acceptableRecoveryLag' },
  TxnOffsetCommitRequest: { generationIdOrMemberEpoch: 'generationId' },
}

/** How the declarations differ from what one release defines. */
export class Comparison {
  /** What only the release has: an API, a version of one, a field. A newer release is expected to have some. */
  readonly missing: string[] = []
  /** What the two say differently, and what only the declarations have in a version that the release knows. */
  readonly wrong: string[] = []
  /** How many fields were compared, each once a version. */
  fields = 0
  readonly #definitions: Definitions
  /** Whether the declarations follow this very release: others may have changed what they called unstable. */
  readonly #exact: boolean

  constructor(definitions: Definitions, exact: boolean) {
    this.#definitions = definitions
    this.#exact = exact
  }

  /** Every API that the release's brokers answer, and every one that is declared: by key, as names have changed. */
  compareApis(): void {
    const declared = new Set(Object.values(apis).map(({ key }) => key))
    for (const { type, name, apiKey, listeners, validVersions } of this.#definitions.values()) {
      if (type !== 'request' || !listeners?.includes('broker') || declared.has(apiKey as never)) continue
      this.missing.push(`${name.replace(/Request$/, '')}, versions ${validVersions}`)
    }
    for (const [name, api] of Object.entries(apis)) {
      const request = this.#definitionOf('request', api.key)
      const response = this.#definitionOf('response', api.key)
      if (request === undefined || response === undefined) {
        // An older release may not have it yet.
        if (this.#exact) this.wrong.push(`${name} is not defined`)
        continue
      }
      const { max } = parseVersions(request.validVersions)
      const unstable = request.latestVersionUnstable === true
      this.#expectEqual(`name of ${name}`, api.name, name)
      if (this.#exact)
        this.#expectEqual(`names of API ${api.key}`, namesOf(api.request, api.response), namesOf(request, response))
      if (this.#exact) this.#expectEqual(`${name} v${max} unstable`, api.latestVersionUnstable, unstable)
      const settled = unstable && !this.#exact ? max - 1 : max
      this.#compareVersions(api.request as unknown as Message<Fields>, request, settled)
      this.#compareVersions(api.response as unknown as Message<Fields>, response, settled)
    }
  }

  /** A message that is no API. */
  compareMessage(message: Message<Fields>): void {
    const definition = this.#definitions.get(message.name)
    if (definition === undefined) this.wrong.push(`${message.name} is not defined`)
    else this.#compareVersions(message, definition, parseVersions(definition.validVersions).max)
  }

  #definitionOf(type: MessageDefinition['type'], key: number): MessageDefinition | undefined {
    return [...this.#definitions.values()].find((message) => message.type === type && message.apiKey === key)
  }

  #compareVersions(message: Message<Fields>, definition: MessageDefinition, last: number): void {
    const { validVersions, flexibleVersions } = definition
    const flexible = flexibleVersions === 'none' ? noVersions : parseVersions(flexibleVersions)
    if (this.#exact) this.#expectEqual(`versions of ${message.name}`, show(message), show(definition))
    for (let version = parseVersions(validVersions).min; version <= last; version++) {
      const name = `${message.name} v${version}`
      if (!includesVersion(message.versions, version)) {
        this.missing.push(name)
        continue
      }
      this.#expectEqual(`${name} flexible`, version >= message.flexible.min, version >= flexible.min)
      const defined = definedLayout(definition, version)
      const declared = declaredLayout(message.fields, version)
      this.#compareFields(name, withFormerNames(declared, defined, message.name), defined)
    }
  }

  #compareFields(name: string, declared: FieldLine[], defined: FieldLine[]): void {
    const rest = new Map(defined.map((line) => [line.path, line]))
    const shared: string[] = []
    for (const line of declared) {
      const other = rest.get(line.path)
      rest.delete(line.path)
      if (line.traits !== undefined && other?.traits !== undefined) {
        this.fields++
        shared.push(line.path)
        this.#expectEqual(`${name}, ${line.path}`, line.traits, other.traits)
        if (this.#exact) this.#expectEqual(`${name}, ${line.path} ignorable`, line.ignorable, other.ignorable)
      } else if (line.traits !== undefined) {
        this.wrong.push(`${name}, ${line.path}: ${line.traits}, which is not defined`)
      } else if (other?.traits !== undefined) {
        this.missing.push(`${name}, ${other.path}: ${other.traits}`)
      } else if (other !== undefined) {
        // Both say that this version lacks the field.
        this.#expectEqual(`${name}, ${line.path} ignorable`, line.ignorable, other.ignorable)
      }
    }
    for (const { path, traits } of rest.values()) {
      if (traits !== undefined) this.missing.push(`${name}, ${path}: ${traits}`)
    }
    const order = defined.map((line) => line.path).filter((path) => shared.includes(path))
    this.#expectEqual(`order of ${name}`, shared.join(), order.join())
  }

  #expectEqual(what: string, declared: unknown, defined: unknown): void {
    if (declared !== defined) this.wrong.push(`${what}: declared is ${declared}, defined ${defined}`)
  }
}

function namesOf(request: { readonly name: string }, response: { readonly name: string }): string {
  return `${request.name}, ${response.name}`
}

function show(message: Message<Fields> | MessageDefinition): string {
  const { min, max } = 'versions' in message ? message.versions : parseVersions(message.validVersions)
  return `${min}-${max}`
}

function withFormerNames(declared: FieldLine[], defined: FieldLine[], message: string): FieldLine[] {
  const paths = new Set(defined.map((line) => line.path))
  return declared.map((line) => {
    const former = FORMER_NAMES[message]?.[line.path]
    return former === undefined || paths.has(line.path) ? line : { ...line, path: former }
  })
}
