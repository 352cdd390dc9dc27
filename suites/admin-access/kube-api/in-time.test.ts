import { describe, expect, it } from 'vitest';
import { WaitTimeout } from '../../../harness/engine/waiting.ts';
import { cameInTime, inTime } from './in-time.ts';

describe('a promise that something comes in time', () => {
  it('is kept by what came', async () => {
    const came = await inTime(async () => 3);
    expect(cameInTime('pods', came, { vantage: 'API', expected: '3', saw: String })).toMatchObject({ saw: '3', held: true });
  });

  it('is not kept by a wait that ended without it, and is late', async () => {
    const came = await inTime(async () => {
      throw new WaitTimeout('a pod', { timeoutMs: 1000, last: 'none' });
    });
    expect(cameInTime('pods', came, { vantage: 'API', expected: '3', saw: String })).toMatchObject({
      saw: 'a pod: not within 1 s, last none',
      held: false,
      late: true,
    });
  });

  it('is not decided by an error of another kind', async () => {
    const broken = async (): Promise<never> => {
      throw new TypeError('socket hang up');
    };
    await expect(inTime(broken)).rejects.toThrow('socket hang up');
  });
});
