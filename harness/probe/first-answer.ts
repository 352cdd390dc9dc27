import type { Measured } from '../engine/evidence.ts';
import { lateIf } from '../engine/measured.ts';
import { WaitTimeout, until } from '../engine/waiting.ts';
import { type Outcome, gaveUp, outcomeText, reached } from './outcome.ts';
import { probeTimeoutSeconds } from './probe.ts';
import type { Target } from './target.ts';
import type { Place, Vantages } from './vantages.ts';
import { worked } from './worked.ts';

/** How a promise with a time limit came out: in time and after how long, or not and what the last attempt saw. */
export interface FirstAnswer {
  readonly answered: boolean;
  readonly text: string;
}

/** Tries a target with new connections until it answers or the promise's time is over; the wait itself is the measurement. Throws when a probe itself did not work. */
export async function firstAnswer(
  vantages: Pick<Vantages, 'probe'>,
  { from, to }: { from: Place; to: Target },
  {
    until: isAwaited = reached,
    ...options
  }: { timeoutMs: number; signal: AbortSignal; /** What is waited for: an answer, unless given. */ until?: (outcome: Outcome) => boolean },
): Promise<FirstAnswer> {
  const startedAt = Date.now();
  try {
    const afterMs = await until('an answer', { ...options, everyMs: 250 }, async () => {
      const beganAt = Date.now();
      const outcome = worked((await vantages.probe(from, [to], options.signal, probeTimeoutSeconds))[0]);
      // Silence is known by a time-out only: it had come by the moment at which the attempt began.
      if (isAwaited(outcome)) return { done: (gaveUp(outcome) ? beganAt : Date.now()) - startedAt };
      return { notYet: outcomeText(outcome) };
    });
    // The last attempt may have begun in time and ended too late.
    return { answered: afterMs <= options.timeoutMs, text: `after ${(afterMs / 1000).toFixed(1)} s` };
  } catch (error) {
    if (error instanceof WaitTimeout) return { answered: false, text: error.message };
    throw error;
  }
}

/** The first answer as an observation or a control: it holds when it came in time. */
export async function answerInTime(
  vantages: Pick<Vantages, 'probe' | 'placeText'>,
  { subject, from, to }: { subject: string; from: Place; to: Target },
  options: Parameters<typeof firstAnswer>[2],
): Promise<Measured> {
  const { answered, text } = await firstAnswer(vantages, { from, to }, options);
  return {
    subject,
    vantage: vantages.placeText(from),
    expected: `within ${options.timeoutMs / 1000} s`,
    saw: text,
    held: answered,
    ...lateIf(!answered && options.until === undefined),
  };
}
