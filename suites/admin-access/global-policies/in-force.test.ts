import { describe, expect, it } from 'vitest';
import { inForce, inForceMeasured } from './in-force.ts';

const events = [
  { atMs: 1000, text: 'made' },
  { atMs: 5000, text: 'removed' },
];
const marks = { made: 'made', removed: 'removed' };
const series = (answeredAt: readonly number[], failedAt: readonly number[] = []) => ({
  events,
  samples: [
    ...answeredAt.map((atMs) => ({ atMs, outcome: 'answered 200', ok: true })),
    ...failedAt.map((atMs) => ({ atMs, outcome: 'timeout', ok: false })),
  ].toSorted((one, other) => one.atMs - other.atMs),
});

describe('how a policy came into force and was lifted', () => {
  it('tells the last answer under it and the first one after it', () => {
    expect(inForce(series([500, 1400, 5600], [2000, 3000]), marks)).toEqual({
      openBefore: true,
      lastAllowedMs: 400,
      deniedThen: 2,
      firstAllowedMs: 600,
    });
  });

  it('is in force at once without an answer under it', () => {
    expect(inForce(series([500, 5600], [1500]), marks).lastAllowedMs).toBe(0);
  });

  it('counts an answer late under it, whatever failed before', () => {
    expect(inForce(series([500, 4900], [1500, 2500, 5200]), marks)).toMatchObject({ lastAllowedMs: 3900, deniedThen: 0 });
  });

  it('is never lifted without an answer after it', () => {
    expect(inForce(series([500], [5500]), marks).firstAllowedMs).toBeUndefined();
  });

  it.each([
    ['a failure', series([500], [700])],
    ['no sample', series([], [1500])],
  ])('was not open before with %s', (_, sampled) => {
    expect(inForce(sampled, marks).openBefore).toBe(false);
  });

  it('cannot be told without the events', () => {
    expect(() => inForce({ samples: [], events: [] }, marks)).toThrow('lacks an event');
  });
});

describe('the evidence of a series', () => {
  const seen = { openBefore: true, lastAllowedMs: 400, deniedThen: 2, firstAllowedMs: 600 };
  const evidence = (more: Partial<typeof seen>) =>
    inForceMeasured({ name: 'pod on w01', vantage: 'outsider' }, { seen: { ...seen, ...more }, limitMs: 10_000 });
  const failed = (measured: readonly { held: boolean; subject: string }[]) =>
    measured.filter(({ held }) => !held).map(({ subject }) => subject);

  it('holds where the policy came and went in time', () => {
    const { observations, controls } = evidence({});
    expect(failed([...observations, ...controls])).toEqual([]);
  });

  it('is no broken promise where nobody looked while the policy was in force', () => {
    const { observations, controls } = evidence({ lastAllowedMs: 4253, deniedThen: 0 });
    expect(failed(observations)).toEqual([]);
    expect(failed(controls)).toEqual(['attempts at pod on w01 that were denied under the policy, after the last connection']);
  });

  it('is a broken promise where connections came through for too long, denied or not', () => {
    const { observations, controls } = evidence({ lastAllowedMs: 11_000, deniedThen: 0 });
    expect(failed(observations)).toEqual(['last new connection to pod on w01 under the policy']);
    expect(failed(controls)).toEqual([]);
  });
});
