const ISO_8601 = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i

/** Milliseconds of an ISO-8601 duration in days and smaller, such as `PT1H` or `P1DT12H`; null if it is none. */
export function parseDuration(text: string): number | null {
  const match = ISO_8601.exec(text)
  if (match === null || /[PT]$/i.test(text)) return null
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
