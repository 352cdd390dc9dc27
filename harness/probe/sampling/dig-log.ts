import { digOutcome } from '../tools/dig.ts';
import type { SampledAttempt } from './sampled-attempt.ts';
import type { VantageClock } from './vantage-clock.ts';

/** What dig printed, each question between two frames with the time and, in the latter, its exit code. */
export function digAttempts(
  lines: readonly string[],
  { frame, clock, over }: { frame: string; clock: VantageClock; over: 'udp' | 'tcp' },
): SampledAttempt[] {
  const attempts: SampledAttempt[] = [];
  let began: number | undefined;
  let printed: string[] = [];
  for (const line of lines) {
    const [which, time, code] = line.startsWith(frame) ? line.slice(frame.length).trim().split(' ') : [];
    if (which === undefined) printed.push(line);
    if (which === 'began') [began, printed] = [Number(time), []];
    if (which !== 'ended' || began === undefined) continue;
    const [beganAt, endedAt] = [clock.ofUptime(began), clock.ofUptime(Number(time))];
    attempts.push({
      beganAt,
      endedAt,
      outcome: digOutcome(printed.join('\n'), { code: Number(code), afterMs: endedAt - beganAt }, over),
      connected: true,
      lost: false,
    });
    began = undefined;
  }
  return attempts;
}
