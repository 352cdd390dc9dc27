/** Milliseconds. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
export const week = 7 * day;

const units: Readonly<Record<string, number>> = { ms: 1, s: second, m: minute, h: hour, d: day, w: week };
const part = /(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|d|w)/gy;

/** Milliseconds of a Go duration with days and weeks ("90m", "1h30m", "7d"); nothing if it is none. */
export function parseDuration(text: string): number | undefined {
  const compact = text.replaceAll(/\s/g, '');
  let total = 0;
  let read = 0;
  for (const [whole, number, unit] of compact.matchAll(part)) {
    total += Number(number) * (units[unit ?? ''] ?? 0);
    read += whole.length;
  }
  return read === compact.length && read > 0 ? total : undefined;
}

/** A duration as PromQL wants it, in the greatest unit that divides it; empty unless it is positive. */
export function promDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / second);
  if (seconds <= 0) return '';
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}
