import { join } from 'node:path'

/** How clients may have to prove themselves at a listener. */
export type AuthMode = 'none' | 'sasl_plain' | 'sasl_scram' | 'sasl_ssl' | 'ssl' | 'mtls'

/** The users that every listener with SASL knows. */
export const users = { alice: 'alice-secret', bob: 'bob-secret' } as const

export const storePassword = 'changeit'

export const protocols: Readonly<Record<AuthMode, string>> = {
  none: 'PLAINTEXT',
  sasl_plain: 'SASL_PLAINTEXT',
  sasl_scram: 'SASL_PLAINTEXT',
  sasl_ssl: 'SASL_SSL',
  ssl: 'SSL',
  mtls: 'SSL',
}

const mechanisms: Readonly<Record<AuthMode, readonly string[]>> = {
  none: [],
  sasl_plain: ['PLAIN'],
  sasl_scram: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
  sasl_ssl: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
  ssl: [],
  mtls: [],
}

export function usesTls(mode: AuthMode): boolean {
  return mode === 'ssl' || mode === 'mtls' || mode === 'sasl_ssl'
}

export function usesScram(mode: AuthMode): boolean {
  return mechanisms[mode].some((mechanism) => mechanism.startsWith('SCRAM'))
}

/** The name that the broker's configuration gives to the listener of a mode. */
export function listenerName(mode: AuthMode): string {
  return `CLIENT_${mode.toUpperCase()}`
}

/** The broker's properties for the listener of a mode. */
export function listenerProperties(mode: AuthMode, tlsFolder: string): string[] {
  const prefix = `listener.name.${listenerName(mode).toLowerCase()}.`
  const lines: string[] = []
  if (mechanisms[mode].length > 0) lines.push(`${prefix}sasl.enabled.mechanisms=${mechanisms[mode].join(',')}`)
  for (const mechanism of mechanisms[mode]) {
    lines.push(`${prefix}${mechanism.toLowerCase()}.sasl.jaas.config=${jaas(mechanism)}`)
  }
  if (usesTls(mode)) {
    for (const store of ['keystore', 'truststore']) {
      lines.push(
        `${prefix}ssl.${store}.type=PKCS12`,
        `${prefix}ssl.${store}.location=${join(tlsFolder, store === 'keystore' ? 'server.p12' : 'truststore.p12')}`,
        `${prefix}ssl.${store}.password=${storePassword}`,
      )
    }
    lines.push(
      `${prefix}ssl.key.password=${storePassword}`,
      `${prefix}ssl.client.auth=${mode === 'mtls' ? 'required' : 'none'}`,
    )
  }
  return lines
}

function jaas(mechanism: string): string {
  const login = 'org.apache.kafka.common.security'
  if (mechanism !== 'PLAIN') return `${login}.scram.ScramLoginModule required;`
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`)
  return `${login}.plain.PlainLoginModule required ${known.join(' ')};`
}
