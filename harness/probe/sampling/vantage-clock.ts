/** Turns times that a vantage told into milliseconds since the epoch by this machine's clock. */
export interface VantageClock {
  /** Centiseconds since the vantage's boot, as /proc/uptime has them. */
  ofUptime(centiseconds: number): number;
  /** Times of day in the trace of one curl, of which is known when it was launched and the first time that it printed. */
  ofTrace(first: { launched: number; dayMs: number }): (dayMs: number) => number;
}

/** One reading of a vantage's clocks: its uptime before and after a curl was run, and the time of day that this curl printed. */
interface ClockReading {
  readonly uptimes: readonly [number, number];
  readonly dayMs: number;
}

/** Moments of this machine: milliseconds since the epoch, and centiseconds since its boot. */
export interface Moment {
  readonly at: number;
  readonly uptime: number;
}

const dayLengthMs = 86_400_000;
/** A curl prints its first line less than a second after it was launched; this much of it is for the reading's own error. */
const readingErrorMs = 150;

/**
 * A vantage's clocks from a reading that was taken between two moments of this machine. An uptime between the two of this
 * machine is its own: the vantage is on it. Any other was read half-way between them.
 * The time that curl prints (--trace-time) is right but for a whole second, which differs from process to process: curl 7
 * puts the seconds of one clock together with the fraction of another.
 */
export function vantageClock({ uptimes: [earlier, later], dayMs }: ClockReading, [before, after]: readonly [Moment, Moment]): VantageClock {
  const own = earlier >= before.uptime && earlier <= after.uptime;
  const zero = own ? before.at - before.uptime * 10 : (before.at + after.at) / 2 - earlier * 10;
  const ofUptime = (centiseconds: number): number => zero + centiseconds * 10;
  const printedAt = ofUptime((earlier + later) / 2);
  return {
    ofUptime,
    ofTrace: (first) => {
      const guess = printedAt + wrapped(first.dayMs - dayMs);
      const secondsOff = Math.floor((guess - ofUptime(first.launched) + readingErrorMs) / 1000);
      const firstAt = guess - secondsOff * 1000;
      return (each) => firstAt + wrapped(each - first.dayMs);
    },
  };
}

/** The shorter way around the day. */
function wrapped(differenceMs: number): number {
  return differenceMs - Math.round(differenceMs / dayLengthMs) * dayLengthMs;
}

/** Milliseconds of the time of day that a line begins with; undefined when it begins with none. */
export function timeOfDay(line: string): number | undefined {
  const match = /^(\d\d):(\d\d):(\d\d)\.(\d+) /.exec(line);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, fraction] = match;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(`${seconds}.${fraction}`)) * 1000;
}
