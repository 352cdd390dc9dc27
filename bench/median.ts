/** Measurements of several runs, by what was measured, in the order in which it first came. */
export type Measurements = Map<string, number[]>;

export function add(measurements: Measurements, title: string, value: number): void {
  measurements.set(title, [...(measurements.get(title) ?? []), value]);
}

/** The middle value; of an even number of values the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A line for each title: median, smallest and largest value, and how many runs had it. */
export function table(measurements: Measurements, unit: string): string {
  const width = Math.max(...[...measurements.keys()].map((title) => title.length), 0) + 2;
  const cells = (values: readonly (number | string)[]): string =>
    values.map((value) => (typeof value === 'number' ? value.toFixed(1) : value).padStart(9)).join('');
  const rows = [...measurements].map(
    ([title, values]) =>
      `${title.padEnd(width)}${cells([median(values), Math.min(...values), Math.max(...values), String(values.length)])}`,
  );
  return `${[`${unit.padEnd(width)}${cells(['median', 'min', 'max', 'runs'])}`, ...rows].join('\n')}\n`;
}
