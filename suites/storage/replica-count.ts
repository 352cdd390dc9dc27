/** A setting of Longhorn 1.10 has a value for each data engine, as JSON, or one number for both; the guide's is the first engine's. */
export function replicaCount(value: string): string {
  const text = value.trim().replace(/^'(.*)'$|^"(.*)"$/, '$1$2');
  return /"v1"\s*:\s*"(\d+)"/.exec(text)?.[1] ?? text;
}
