import { lastDays } from '../windows.ts';

const hourMs = 3_600_000;

/** Hours of the past that a window holds at a time, as OpenCost reads it (opencost core, parseWindow). Throws for a word that is not known here. */
export function coveredHours(window: string, at: Date): number {
  const [, count, unit] = /^(\d+)([dh])$/.exec(window) ?? [];
  if (window === 'yesterday') return 24;
  if (unit === 'd') return (at.getTime() - lastDays(at, Number(count)).start.getTime()) / hourMs;
  if (unit === 'h') return (at.getTime() - (Math.floor(at.getTime() / hourMs) + 1 - Number(count)) * hourMs) / hourMs;
  throw new Error(`it is not known here what OpenCost makes of the window ${window}`);
}

/** The fewest hours that it holds at any quarter of an hour of a day. */
export function leastCoveredHours(window: string, day: Date): number {
  const midnight = Math.floor(day.getTime() / (24 * hourMs)) * 24 * hourMs;
  return Math.min(...Array.from({ length: 96 }, (_, quarter) => coveredHours(window, new Date(midnight + (quarter * hourMs) / 4))));
}
