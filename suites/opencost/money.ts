import { promised } from '../../guide/limits.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { type Allocation, type AllocationSet, partsOf, roundingError } from '../../harness/platform/opencost/allocation.ts';

const { prices, moneyTolerance, scrapeTolerance } = promised.opencost;
export const bytesPerGiB = 1024 ** 3;

/** A number that must be near another one. */
interface Near {
  readonly vantage: string;
  readonly expected: number;
  /** Undefined where there is none. */
  readonly saw: number | undefined;
  /** The largest difference, in the unit of both. */
  readonly tolerance: number;
  readonly key?: string;
}

/** Holds when the number is there and no further away than the tolerance. */
export function near(subject: string, { vantage, expected, saw, tolerance, key }: Near): Measured {
  return {
    subject,
    vantage,
    expected: `${figure(expected)} ± ${figure(tolerance)}`,
    saw: saw === undefined ? 'none' : figure(saw),
    held: saw !== undefined && Math.abs(saw - expected) <= tolerance,
    ...(key === undefined ? {} : { key }),
  };
}

/** A figure that is read with ease, to six significant digits. */
export function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}

/**
 * How far a sum of so many figures of an answer may be from another figure of it: the register's tolerance, and half a unit of the last
 * decimal for each, since OpenCost rounds what it answers.
 */
export function roundedTolerance(figures: number): number {
  return moneyTolerance + figures * roundingError;
}

/** The largest share by which figures that a scrape enters may differ, of a value, beside the rounding of an answer. */
export function scrapedTolerance(value: number, figures = 1): number {
  return Math.abs(value) * scrapeTolerance + figures * roundingError;
}

/** The entries whose total is not the sum of their parts, in words; `without` leaves one part out. */
export function unequalParts(set: AllocationSet, without?: string): string[] {
  return [...set].flatMap(([name, entry]) => {
    const parts = Object.entries(partsOf(entry)).filter(([part]) => part !== without);
    const sum = parts.reduce((total, [, cost]) => total + cost, 0);
    const isEqual = Math.abs(sum - entry.totalCost) <= roundedTolerance(parts.length + 1);
    return isEqual ? [] : [`${name}: ${figure(sum)} for ${figure(entry.totalCost)}`];
  });
}

/** The parts that cost something in some entry of the set. */
export function costlyParts(set: AllocationSet): string[] {
  const costly = [...set.values()].flatMap((entry) => Object.entries(partsOf(entry)).flatMap(([part, cost]) => (cost > 0 ? [part] : [])));
  return [...new Set(costly)];
}

/** Hours of a minute count. */
export function hours(minutes: number): number {
  return minutes / 60;
}

/** What an amount of a resource over the hours of one entry costs by the documented prices, in USD. */
export function priceOf({ cpuCoreHours, ramByteHours, pvByteHours }: Pick<Allocation, 'cpuCoreHours' | 'ramByteHours' | 'pvByteHours'>): {
  readonly cpu: number;
  readonly ram: number;
  readonly pv: number;
} {
  return {
    cpu: cpuCoreHours * prices.cpu,
    ram: (ramByteHours / bytesPerGiB) * prices.ram,
    pv: (pvByteHours / bytesPerGiB) * prices.storage,
  };
}

/** The entries whose CPU or memory is not charged by the documented prices, in words; the inputs are of the same answer. */
export function mispriced(set: AllocationSet, of: 'cpu' | 'ram' | 'pv'): string[] {
  return [...set].flatMap(([name, entry]) => {
    const expected = priceOf(entry)[of];
    const saw = { cpu: entry.cpuCost, ram: entry.ramCost, pv: entry.pvCost }[of];
    return Math.abs(saw - expected) <= roundedTolerance(1) ? [] : [`${name}: ${figure(saw)} for ${figure(expected)}`];
  });
}
