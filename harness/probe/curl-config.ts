/** A value in a curl configuration file (curl(1), --config). */
export function curlConfigValue(value: string): string {
  return `"${value.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`)}"`;
}
