import { day, hour, minute, week } from './duration.ts';

/** A period of time, start included; milliseconds since the epoch. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

const units: Readonly<Record<string, number>> = { m: minute, h: hour, d: day, w: week };
const pastDuration = /^(\d+)(m|h|d|w)$/;
const offsetDuration = /^(\d+)(m|h|d|w) offset (\d+)(m|h|d|w)$/;
const unixPair = /^(\d+)[,|-](\d+)$/;
const instant = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const instantPair = new RegExp(`(${instant}),(${instant})`);

/**
 * A window parameter, in UTC. "N days" are whole days with today as the last, so that the window usually ends in the future;
 * minutes and hours are rounded the same way (opencost core/pkg/opencost/window.go). Nothing if no form fits.
 */
export function parseWindow(text: string, now: number): Window | undefined {
  return named(text, now) ?? past(text, now) ?? pastWithOffset(text, now) ?? pair(text);
}

function named(text: string, now: number): Window | undefined {
  const today = floor(now, day);
  const date = new Date(today);
  const sunday = today - date.getUTCDay() * day;
  const thisMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const lastMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1);
  const windows: Readonly<Record<string, Window>> = {
    today: { start: today, end: today + day },
    yesterday: { start: today - day, end: today },
    week: { start: sunday, end: now },
    lastweek: { start: sunday - week, end: sunday },
    month: { start: thisMonth, end: now },
    lastmonth: { start: lastMonth, end: thisMonth },
  };
  return windows[text];
}

function past(text: string, now: number): Window | undefined {
  const match = pastDuration.exec(text);
  if (match === null) return undefined;
  const unit = units[match[2] ?? ''] ?? 0;
  const end = floor(now, match[2] === 'w' ? day : unit) + (match[2] === 'w' ? day : unit);
  return { start: end - Number(match[1]) * unit, end };
}

function pastWithOffset(text: string, now: number): Window | undefined {
  const match = offsetDuration.exec(text);
  if (match === null) return undefined;
  const end = now - Number(match[3]) * (units[match[4] ?? ''] ?? 0);
  return { start: end - Number(match[1]) * (units[match[2] ?? ''] ?? 0), end };
}

function pair(text: string): Window | undefined {
  const unix = unixPair.exec(text);
  if (unix !== null) return { start: Number(unix[1]) * 1000, end: Number(unix[2]) * 1000 };
  const instants = instantPair.exec(text);
  if (instants === null) return undefined;
  const window = { start: Date.parse(instants[1] ?? ''), end: Date.parse(instants[2] ?? '') };
  return Number.isNaN(window.start) || Number.isNaN(window.end) ? undefined : window;
}

export function floor(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
}

/** RFC 3339 in UTC with whole seconds, as Go prints it. */
export function rfc3339(time: number): string {
  return `${new Date(floor(time, 1000)).toISOString().slice(0, 19)}Z`;
}

/** A window as the API's error messages name it. */
export function describeWindow(window: Window | undefined): string {
  if (window === undefined) return '[nil, nil)';
  const print = (time: number): string => rfc3339(time).replace('Z', '+0000');
  return `[${print(window.start)}, ${print(window.end)})`;
}

/** The smallest window that holds both. */
export function span(one: Window, other: Window): Window {
  return { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) };
}
