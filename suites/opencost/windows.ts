const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A window of time; the end is not in it. */
export interface Window {
  readonly start: Date;
  readonly end: Date;
}

/** A time as OpenCost reads it: RFC 3339 in UTC, without fractions of a second. */
export function instantText(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** A window as the parameter `window` has it. */
export function windowText({ start, end }: Window): string {
  return `${instantText(start)},${instantText(end)}`;
}

export function windowMinutes({ start, end }: Window): number {
  return (end.getTime() - start.getTime()) / minuteMs;
}

/** The last so many minutes that ended so many minutes ago, at whole minutes: nothing of it is still to be scraped. */
export function closedWindow(
  now: Date,
  { minutes, endedMinutesAgo }: { readonly minutes: number; readonly endedMinutesAgo: number },
): Window {
  const end = new Date(Math.floor(now.getTime() / minuteMs) * minuteMs - endedMinutesAgo * minuteMs);
  return { start: new Date(end.getTime() - minutes * minuteMs), end };
}

/** The first instant of the month of a time, counted so many months on; all in UTC. */
export function firstOfMonth(at: Date, months = 0): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
}

/** The last so many whole UTC days, today among them, as OpenCost reads `7d` (opencost core, parseWindow). */
export function lastDays(now: Date, days: number): Window {
  const end = new Date(Math.floor(now.getTime() / dayMs) * dayMs + dayMs);
  return { start: new Date(end.getTime() - days * dayMs), end };
}

/** The window cut into its whole days, the last one as long as it is. */
export function daysOfWindow({ start, end }: Window): Window[] {
  const count = Math.ceil((end.getTime() - start.getTime()) / dayMs);
  return Array.from({ length: count }, (_, index) => ({
    start: new Date(start.getTime() + index * dayMs),
    end: new Date(Math.min(end.getTime(), start.getTime() + (index + 1) * dayMs)),
  }));
}

/** Steps of equal length. */
export interface Steps {
  readonly count: number;
  readonly minutes: number;
}

/** The longest steps that end before now and that the data's age has room for; undefined where it has room for none. */
export function stepsWithin(ageMinutes: number): Steps | undefined {
  const choices: readonly Steps[] = [60, 20, 10, 5].map((minutes) => ({ count: 6, minutes }));
  return [...choices, { count: 3, minutes: 5 }].find(({ count, minutes }) => count * minutes + 2 <= ageMinutes);
}

/** Places where one window does not begin where the one before ends, or is not so long as all should be, in words. */
export function gaps(windows: readonly Window[], minutes: number): string[] {
  return windows.flatMap((window, index) => {
    const before = windows[index - 1];
    const isWhole = windowMinutes(window) === minutes;
    const follows = before === undefined || before.end.getTime() === window.start.getTime();
    return isWhole && follows ? [] : [windowText(window)];
  });
}
