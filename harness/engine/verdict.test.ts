import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Capability, type Observation, verdictKind } from './run-record.ts';
import { absentNeed, basisOf, didNotHold, isFlaky, restsOnTimeouts, verdictOf } from './verdict.ts';

const one = (role: Observation['role'], held: boolean, subject = 'alice -> bob'): Observation => ({
  role,
  held,
  key: subject,
  subject,
  vantage: 'pod canine-alice/client',
  at: '2026-01-01T00:00:00.000Z',
  expected: 'no connection',
  saw: held ? 'timeout after 3000 ms' : 'connected after 10 ms',
});
const good = one('observation', true);
const bad = one('observation', false);
const goodControl = one('control', true);
const badControl = one('control', false);
const failure = { reason: 'the probe did not work', next: 'rerun' };

const anyObservation = fc.record({
  role: fc.constantFrom('observation' as const, 'control' as const),
  held: fc.boolean(),
  key: fc.string(),
  subject: fc.string(),
  vantage: fc.string(),
  at: fc.constant('2026-01-01T00:00:00.000Z'),
  expected: fc.string(),
  saw: fc.string(),
});
const anyObservations = fc.array(anyObservation, { maxLength: 8 });
const shuffled = anyObservations.chain((items) =>
  fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length })),
);

describe('the verdict', () => {
  it.each([
    { what: 'one observation that held, without any control', observations: [good], kind: 'inconclusive' },
    { what: 'one observation that held, with a control that held', observations: [goodControl, good], kind: 'kept' },
    { what: 'one observation that did not hold', observations: [bad], kind: 'broken' },
    { what: 'one that held and one that did not', observations: [good, bad], kind: 'broken' },
    { what: 'a control that held beside an observation that did not', observations: [goodControl, bad], kind: 'broken' },
    { what: 'a failed control beside an observation that held', observations: [good, badControl], kind: 'inconclusive' },
    { what: 'a failed control beside an observation that did not hold', observations: [badControl, bad], kind: 'inconclusive' },
    {
      what: 'one failed control among controls that held',
      observations: [good, goodControl, badControl, goodControl],
      kind: 'inconclusive',
    },
    { what: 'nothing', observations: [], kind: 'inconclusive' },
    { what: 'controls alone', observations: [goodControl, goodControl], kind: 'inconclusive' },
  ])('on $what is $kind', ({ observations, kind }) => {
    expect(verdictOf(observations).kind).toBe(kind);
  });

  it('does not depend in kind on the order of what was observed', () => {
    fc.assert(fc.property(shuffled, ([items, reordered]) => verdictOf(items).kind === verdictOf(reordered).kind));
  });

  it('is inconclusive with any failed control, whatever was observed', () => {
    fc.assert(
      fc.property(
        anyObservations,
        anyObservations,
        (before, after) => verdictOf([...before, badControl, ...after]).kind === 'inconclusive',
      ),
    );
  });

  it('is inconclusive when the check could not look, whatever was observed', () => {
    fc.assert(fc.property(anyObservations, (items) => verdictOf(items, failure).kind === 'inconclusive'));
  });

  it('is inconclusive without an observation, whatever the controls came to', () => {
    const controls = fc.array(anyObservation.map((each) => ({ ...each, role: 'control' as const })));
    fc.assert(fc.property(controls, (items) => verdictOf(items).kind === 'inconclusive'));
  });

  it('says that no control looked at the cluster where none did', () => {
    expect(verdictOf([good])).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('no control looked at the cluster') });
  });

  it('is kept exactly when something was observed and controlled, and all of it held', () => {
    fc.assert(
      fc.property(anyObservations, (items) => {
        const has = (wanted: Observation['role']): boolean => items.some(({ role }) => role === wanted);
        const expected = has('observation') && has('control') && items.every(({ held }) => held);
        return (verdictOf(items).kind === 'kept') === expected;
      }),
    );
  });

  it('stays broken when more observations that hold are added', () => {
    fc.assert(fc.property(fc.nat(20), (count) => verdictOf([bad, ...Array.from({ length: count }, () => good)]).kind === 'broken'));
  });

  it('is the reason itself when the check could not look', () => {
    expect(verdictOf([good], failure)).toEqual({ kind: 'inconclusive', ...failure });
  });

  it('names the failed control with what was expected and seen of it', () => {
    expect(verdictOf([good, { ...badControl, subject: 'alice -> own pod' }])).toMatchObject({
      reason: 'a control failed: alice -> own pod: expected no connection, saw connected after 10 ms',
    });
  });

  it('says that there was no observation', () => {
    expect(verdictOf([goodControl])).toMatchObject({ reason: 'the check ended without an observation' });
  });
});

describe('the text of a broken verdict', () => {
  it('is expected and seen alone for a single observation', () => {
    expect(verdictOf([bad])).toEqual({
      kind: 'broken',
      expected: 'alice -> bob: no connection',
      saw: 'alice -> bob: connected after 10 ms',
      next: '',
    });
  });

  it('says the share of observations that did not hold', () => {
    expect(verdictOf([good, bad, good])).toMatchObject({ saw: '1 of 3 observations: alice -> bob: connected after 10 ms' });
  });

  it('does not count controls into the share', () => {
    expect(verdictOf([bad, goodControl])).toMatchObject({ saw: 'alice -> bob: connected after 10 ms' });
  });

  it('says the same thing once', () => {
    expect(verdictOf([bad, bad])).toMatchObject({
      expected: 'alice -> bob: no connection',
      saw: '2 of 2 observations: alice -> bob: connected after 10 ms',
    });
  });

  it('shows four different things and counts the rest', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((subject) => one('observation', false, subject));
    expect(verdictOf(many)).toMatchObject({
      expected: 'a: no connection; b: no connection; c: no connection; d: no connection; and 2 more',
    });
  });
});

const capabilities: Record<string, Capability> = {
  kubernetes: { kind: 'real', version: 'v1.30.8' },
  vip: { kind: 'stand-in', for: "Talos's VIP election", reason: 'no modules' },
  canine: { kind: 'stand-in', for: 'Canine', reason: 'a plain server' },
  longhorn: { kind: 'absent', reason: 'not there yet' },
};

describe('the basis', () => {
  it.each([
    { needs: [], basis: { kind: 'real' } },
    { needs: ['kubernetes'], basis: { kind: 'real' } },
    { needs: ['longhorn'], basis: { kind: 'real' } },
    { needs: ['unheard-of'], basis: { kind: 'real' } },
    { needs: ['kubernetes', 'canine'], basis: { kind: 'stand-in', components: ['Canine'] } },
    { needs: ['vip', 'kubernetes', 'canine'], basis: { kind: 'stand-in', components: ["Talos's VIP election", 'Canine'] } },
  ])('of a requirement that needs $needs is $basis.kind', ({ needs, basis }) => {
    expect(basisOf(needs, capabilities)).toEqual(basis);
  });
});

describe('the absent need', () => {
  it.each([
    { needs: [], reason: undefined },
    { needs: ['kubernetes', 'canine'], reason: undefined },
    { needs: ['kubernetes', 'longhorn'], reason: 'capability longhorn is absent: not there yet' },
    { needs: ['unheard-of', 'longhorn'], reason: 'capability unheard-of is absent: the provider does not name it' },
  ])('of $needs is: $reason', ({ needs, reason }) => {
    expect(absentNeed(needs, capabilities)).toBe(reason);
  });
});

describe('a verdict rests on time-outs alone', () => {
  const late = { ...bad, late: true };
  const rests = (observations: readonly Observation[]): boolean => restsOnTimeouts({ verdict: verdictOf(observations), observations });

  it('when all that does not hold had not come in time', () => {
    expect(rests([good, late, late])).toBe(true);
  });

  it.each([
    { what: 'something else does not hold either', observations: [late, bad] },
    { what: 'a control failed', observations: [late, badControl] },
    { what: 'all holds', observations: [good] },
  ])('not when $what', ({ observations }) => {
    expect(rests(observations)).toBe(false);
  });
});

it('a promise did not hold where it was broken or could not be decided', () => {
  expect(verdictKind.options.filter((kind) => didNotHold({ kind }))).toEqual(['broken', 'inconclusive']);
});

describe('a second look', () => {
  it.each([
    ['inconclusive', 'kept', true],
    ['broken', 'kept', true],
    ['broken', 'broken', false],
    ['inconclusive', 'inconclusive', false],
    ['inconclusive', 'broken', true],
  ] as const)('after %s that comes to %s: flaky %s', (before, after, flaky) => {
    const verdicts = {
      kept: { kind: 'kept' },
      broken: { kind: 'broken', expected: '', saw: '', next: '' },
      inconclusive: { kind: 'inconclusive', reason: '', next: '' },
    } as const;
    expect(isFlaky(verdicts[before], verdicts[after])).toBe(flaky);
  });
});
