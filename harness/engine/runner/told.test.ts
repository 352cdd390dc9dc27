import { describe, expect, it } from 'vitest';
import { Problem, exitCode } from '../problem.ts';
import type { Result } from '../run-record.ts';
import { type RunEvent, refusal } from './events.ts';
import { resultFor, toldBy } from './told.ts';

const result: Result = {
  requirement: { id: 'A', suite: 's', promise: 'p', guide: ['g'], severity: 'major', kind: 'static', needs: [], fault: 'f' },
  verdict: { kind: 'kept' },
  basis: { kind: 'real' },
  errata: [],
  observations: [],
  attachments: [],
  series: [],
  touched: [],
  undeclared: [],
  attempts: 1,
  flaky: false,
  startedAt: '2026-05-04T02:00:00.000Z',
  durationMs: 1,
};
const decided: RunEvent = { kind: 'decided', result };
const ended: RunEvent = { kind: 'ended' };
const reasonFor = (...events: RunEvent[]): unknown => resultFor({ id: 'A' }, toldBy(events), 'it was cut short');

describe('the result of a requirement', () => {
  it('is the one that was told', () => {
    expect(reasonFor(decided, ended)).toBe(result);
  });

  it('counts although the runner was cut short after it', () => {
    expect(reasonFor(decided)).toBe(result);
  });

  it.each<{ what: string; events: RunEvent[]; reason: string }>([
    { what: 'two checks with one ID', events: [decided, decided, ended], reason: 'two checks have this ID, and only one may decide' },
    { what: 'a check without a result', events: [{ kind: 'undecided', requirement: 'A', reason: 'a hook' }, ended], reason: 'a hook' },
    {
      what: 'a check without a result elsewhere',
      events: [{ kind: 'undecided', requirement: 'B', reason: 'x' }, ended],
      reason: 'no check with this name was found',
    },
    { what: 'a file that does not load', events: [{ kind: 'failed', text: 'syntax' }, ended], reason: 'syntax' },
    { what: 'a runner that was cut short', events: [], reason: 'it was cut short' },
    { what: 'both', events: [{ kind: 'failed', text: 'syntax' }], reason: 'syntax; it was cut short' },
  ])('is lacking with its reason: $what', ({ events, reason }) => {
    expect(reasonFor(...events)).toEqual({ reason });
  });
});

it('the first refusal is the one that is told', () => {
  const [first, second] = ['first', 'second'].map((saw) => new Problem(exitCode.usage, { expected: 'e', saw, next: 'n' }));
  if (first === undefined || second === undefined) throw new Error('two problems');
  expect(toldBy([refusal(first), refusal(second)]).refusal?.text.saw).toBe('first');
});
