/** A time of a crontab: minute, hour, day of the month, month, day of the week, each a number or any (crontab(5)). */
export type Schedule = readonly [
  minute: number | 'any',
  hour: number | 'any',
  day: number | 'any',
  month: number | 'any',
  weekday: number | 'any',
];

/** The schedule of a crontab's line, by its first five fields. Throws for lists, ranges and steps, which the guide does not use. */
export function scheduleIn(line: string): Schedule {
  const fields = line.trim().split(/\s+/).slice(0, 5);
  if (fields.length < 5 || fields.some((field) => !/^(\*|\d+)$/.test(field))) throw new Error(`no schedule that can be read here: ${line}`);
  const [minute = 'any', hour = 'any', day = 'any', month = 'any', weekday = 'any'] = fields.map((field) =>
    field === '*' ? ('any' as const) : Number(field),
  );
  return [minute, hour, day, month, weekday];
}

const minuteMs = 60_000;

/** The next so many runs after a time; a day counts by its date or its weekday where both are given (crontab(5)). */
export function nextRuns([minute, hour, day, month, weekday]: Schedule, after: Date, count: number): Date[] {
  const runs: Date[] = [];
  const matches = (field: number | 'any', value: number): boolean => field === 'any' || field === value;
  const isDay = (at: Date): boolean => {
    if (day !== 'any' && weekday !== 'any') return at.getUTCDate() === day || at.getUTCDay() === weekday % 7;
    return matches(day, at.getUTCDate()) && (weekday === 'any' || at.getUTCDay() === weekday % 7);
  };
  let at = new Date(Math.floor(after.getTime() / minuteMs) * minuteMs + minuteMs);
  while (runs.length < count) {
    const isDate = matches(month, at.getUTCMonth() + 1) && isDay(at);
    if (isDate && matches(hour, at.getUTCHours()) && matches(minute, at.getUTCMinutes())) runs.push(at);
    at = isDate ? new Date(at.getTime() + minuteMs) : new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1));
  }
  return runs;
}

/** Runs that are not at 08:00 on the first of consecutive months, in words. */
export function notMonthly(runs: readonly Date[]): string[] {
  return runs
    .filter((at, index) => {
      const before = runs[index - 1];
      const months = at.getUTCFullYear() * 12 + at.getUTCMonth();
      const follows = before === undefined || months === before.getUTCFullYear() * 12 + before.getUTCMonth() + 1;
      return !follows || at.getUTCDate() !== 1 || at.getUTCHours() !== 8 || at.getUTCMinutes() !== 0;
    })
    .map((at) => at.toISOString());
}
