/**
 * Bytes of a sample on the disk where Prometheus has not compacted yet and so cannot tell: the upper end of what its documentation gives
 * (Prometheus: Storage, Operational aspects: 1 to 2 bytes).
 */
const usualBytes = 2;

/** How much a day's samples take. `perSample` is NaN or absent before the first compaction. */
export function bytesPerDay(samplesPerSecond: number, perSample: number | undefined): number {
  const bytes = perSample !== undefined && perSample > 0 ? perSample : usualBytes;
  return samplesPerSecond * bytes * 86_400;
}

/** What so many days take, beside the write-ahead log. */
export function roomNeeded(perDay: number, { days, logBytes }: { readonly days: number; readonly logBytes: number }): number {
  return perDay * days + logBytes;
}
