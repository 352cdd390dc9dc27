/** Seconds of Prometheus's units of time (Prometheus: configuration, duration). */
const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

/** Prometheus's own default (storage.tsdb.retention.time: 15d, where neither a time nor a size is given). */
const usualDays = 15;

/** A duration as Prometheus writes it, `35d` or `1h30m`, in days. Throws for a text that is none. */
export function daysOf(duration: string): number {
  const parts = [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== duration) throw new Error(`${duration} is no duration of Prometheus`);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0), 0) / 86_400;
}

/** Bytes of a size as Prometheus writes it, in powers of 1024: `1GB`, `512MiB`, `0B`. Throws for a text that is none. */
export function sizeOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(B|[KMGTPE]i?B)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`${text} is no size of Prometheus`);
  return Number(digits) * 1024 ** Math.max(0, ['B', 'K', 'M', 'G', 'T', 'P', 'E'].indexOf(unit === 'B' ? 'B' : (unit[0] ?? '')));
}

/** What bounds the data that Prometheus keeps. */
interface Retention {
  readonly days: number;
  /** Undefined where no size is given. */
  readonly bytes: number | undefined;
}

/** By Prometheus's flags: a time of 0 is none given, and then its default where no size is given either. */
export function retentionOf(flags: Readonly<Record<string, string>>): Retention {
  const size = sizeOf(flags['storage.tsdb.retention.size'] ?? '0B');
  const time = daysOf(flags['storage.tsdb.retention.time'] ?? '0s');
  const unlimited = size > 0 ? Number.POSITIVE_INFINITY : usualDays;
  return { days: time > 0 ? time : unlimited, bytes: size > 0 ? size : undefined };
}

/** How many days of data a size has room for, at this rate of growth. */
export function daysWithin(bytes: number | undefined, bytesPerDay: number): number {
  return bytes === undefined ? Number.POSITIVE_INFINITY : bytes / bytesPerDay;
}
