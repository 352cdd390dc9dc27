import { describe, expect, it } from 'vitest';
import { firstAnswer } from './first-answer.ts';
import type { Outcome } from './outcome.ts';

const way = { from: { host: 'admin' }, to: { kind: 'tcp', host: '192.168.29.100', port: 80 } } as const;
const { signal } = new AbortController();

/** Places whose attempts end so, one after the other; the last one stays. */
function probing(...outcomes: readonly [Outcome, ...Outcome[]]) {
  const left = [...outcomes];
  return { probe: async () => [left.length > 1 ? (left.shift() as Outcome) : (left[0] as Outcome)] };
}

describe('the first answer', () => {
  it('is waited for until it comes', async () => {
    const places = probing({ kind: 'refused', afterMs: 1 }, { kind: 'connected', afterMs: 1 });
    expect(await firstAnswer(places, way, { timeoutMs: 5_000, signal })).toMatchObject({ answered: true });
  });

  it('that does not come in time is told by what the last attempt saw', async () => {
    const answer = await firstAnswer(probing({ kind: 'refused', afterMs: 1 }), way, { timeoutMs: 100, signal });
    expect([answer.answered, answer.text]).toEqual([false, expect.stringContaining('refused')]);
  });

  it('is not "not yet" where the probe itself did not work', async () => {
    const places = probing({ kind: 'failed', text: 'no such pod', afterMs: 0 });
    await expect(firstAnswer(places, way, { timeoutMs: 100, signal })).rejects.toThrow('no such pod');
  });
});
