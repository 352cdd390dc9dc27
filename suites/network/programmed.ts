import { promised } from '../../guide/limits.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Place } from '../../harness/platform/cluster.ts';
import { type Outcome, type Target, outcomeText, probeTimeoutSeconds } from '../../harness/probe/probe.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';

import { worked } from '../../harness/probe/worked.ts';

/** A change of a Service as a node saw it: in time, and after how long, or the last outcome. */
export interface Programmed {
  readonly inTime: boolean;
  readonly text: string;
}

/**
 * Tries all targets from a place, new connections each time, until each has come out as awaited once or the promised time is
 * over; in the order of the targets. Throws where a probe did not work.
 */
export async function programmedInTime(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  { from, to, isAwaited }: { from: Place; to: readonly Target[]; isAwaited: (outcome: Outcome) => boolean },
): Promise<Programmed[]> {
  const timeoutMs = promised.network.serviceProgrammedMs;
  const startedAt = Date.now();
  const results: Programmed[] = to.map(() => ({ inTime: false, text: 'not tried' }));
  const pending = (): number[] => [...to.keys()].filter((index) => results[index]?.inTime !== true);
  const round = async (): Promise<void> => {
    const tried = pending();
    const outcomes = await cluster.probe(
      from,
      tried.flatMap((index) => to[index] ?? []),
      signal,
      probeTimeoutSeconds,
    );
    const afterMs = Date.now() - startedAt;
    for (const [position, index] of tried.entries()) {
      const outcome = worked(outcomes[position]);
      const isThere = isAwaited(outcome);
      const text = isThere ? `after ${(afterMs / 1000).toFixed(1)} s` : outcomeText(outcome);
      results[index] = { inTime: isThere && afterMs <= timeoutMs, text };
    }
  };
  try {
    await until('a change of Services', { timeoutMs, everyMs: 250, signal }, async () => {
      await round();
      return pending().length === 0 ? { done: undefined } : { notYet: `${pending().length} of ${to.length}` };
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
  }
  return results;
}
