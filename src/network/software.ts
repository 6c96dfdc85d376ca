/** How the client introduces itself to brokers (KIP-511); the version is that of package.json, which a test compares. */
export const SOFTWARE_NAME = 'kafka-wire'
export const SOFTWARE_VERSION = '0.1.0'
