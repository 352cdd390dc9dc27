import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Work } from '../../../harness/engine/work.ts';
import { inLanes } from './lanes.ts';

const work = (signal = new AbortController().signal): Work => ({ signal, say: () => undefined });

describe('inLanes', () => {
  it('runs so many at a time, in their order', async () => {
    const order: number[] = [];
    let [running, most] = [0, 0];
    const task = (number: number) => async () => {
      order.push(number);
      running += 1;
      most = Math.max(most, running);
      await delay(5);
      running -= 1;
    };
    await inLanes(work(), 2, [1, 2, 3, 4, 5].map(task));
    expect([order, most]).toEqual([[1, 2, 3, 4, 5], 2]);
  });

  it('stops the others at the first failure, and throws that', async () => {
    const begun: string[] = [];
    const stopped: unknown[] = [];
    const fails = async (): Promise<void> => {
      begun.push('fails');
      throw new Error('disk full');
    };
    const waits = ({ signal }: Work): Promise<void> => {
      begun.push('waits');
      return delay(10_000, undefined, { signal }).catch((error: unknown) => {
        stopped.push(error);
        throw error;
      });
    };
    const never = async (): Promise<void> => void begun.push('never');
    await expect(inLanes(work(), 2, [waits, fails, never])).rejects.toThrow('disk full');
    expect([begun, stopped.length]).toEqual([['waits', 'fails'], 1]);
  });

  it('throws the reason when the work itself is stopped', async () => {
    const stop = new AbortController();
    const waits = ({ signal }: Work): Promise<void> => delay(10_000, undefined, { signal });
    const running = inLanes(work(stop.signal), 1, [waits]);
    stop.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
  });
});
