import { describe, expect, it } from 'vitest';
import type { Measured } from '../engine/check.ts';
import type { Cluster, Place } from '../platform/cluster.ts';
import { type Connection, type Expectation, connections, holds, targetText, type Recorder } from './connections.ts';
import type { Outcome, Target } from './probe.ts';

const outcomes = {
  connected: { kind: 'connected', afterMs: 10 },
  'answered 200': { kind: 'answered', status: 200, body: 'web', afterMs: 10 },
  'answered 403': { kind: 'answered', status: 403, body: 'no', afterMs: 10 },
  timeout: { kind: 'timeout', afterMs: 3000 },
  reset: { kind: 'reset', afterMs: 10 },
  refused: { kind: 'refused', afterMs: 10 },
  unreachable: { kind: 'unreachable', afterMs: 10 },
  'name-error': { kind: 'name-error', text: 'no such host', afterMs: 10 },
  untrusted: { kind: 'untrusted', text: 'self-signed', afterMs: 10 },
  failed: { kind: 'failed', text: 'exit code 127', afterMs: 0 },
} as const satisfies Record<string, Outcome>;
type OutcomeName = keyof typeof outcomes;

/** Which outcomes are what each expectation asks for; every other outcome is not. */
const holding: { expect: Expectation; by: OutcomeName[] }[] = [
  { expect: 'reached', by: ['connected', 'answered 200', 'answered 403', 'untrusted'] },
  { expect: 'denied', by: ['timeout', 'reset'] },
  { expect: { status: 200 }, by: ['answered 200'] },
  { expect: { status: 403 }, by: ['answered 403'] },
];

describe.each(holding)('the expectation $expect', ({ expect: expectation, by }) => {
  it.each((Object.keys(outcomes) as OutcomeName[]).map((name) => ({ name, held: by.includes(name) })))(
    'holds for $name: $held',
    ({ name, held }) => {
      expect(holds(expectation, outcomes[name])).toBe(held);
    },
  );
});

describe('the expectation not-reached', () => {
  it.each(['timeout', 'reset', 'refused', 'unreachable', 'name-error'] as const)('holds for %s', (name) => {
    expect(holds('not-reached', outcomes[name])).toBe(true);
  });

  it.each(['connected', 'answered 200', 'answered 403', 'untrusted'] as const)('does not hold for %s', (name) => {
    expect(holds('not-reached', outcomes[name])).toBe(false);
  });
});

const alice: Place = { namespace: 'canine-alice', pod: 'client' };
const admin: Place = { host: 'admin' };
const port = (number: number): Target => ({ kind: 'tcp', host: '10.244.0.1', port: number });
const attempt = (from: Place, number: number, rest: Partial<Connection> = {}): Connection => ({
  role: 'observation',
  from,
  to: port(number),
  name: `port ${number}`,
  expect: 'reached',
  ...rest,
});

/** What connections() is given of a cluster: a prober that answers by the target's port, the slower place first asked. */
function contextOf(answer: (target: Target) => Outcome): {
  context: Recorder;
  asked: { place: Place; targets: readonly Target[] }[];
  observed: Measured[];
  controlled: Measured[];
} {
  const asked: { place: Place; targets: readonly Target[] }[] = [];
  const observed: Measured[] = [];
  const controlled: Measured[] = [];
  const probe: Cluster['probe'] = async (place, targets) => {
    asked.push({ place, targets });
    await new Promise((resolve) => setTimeout(resolve, asked.length === 1 ? 20 : 0));
    return targets.map(answer);
  };
  const cluster = { probe, placeText: (place: Place) => ('host' in place ? place.host : `pod ${place.pod}`) } as Cluster;
  const context: Recorder = {
    cluster,
    signal: new AbortController().signal,
    observe: (measured) => void observed.push(measured),
    control: (measured) => void controlled.push(measured),
  };
  return { context, asked, observed, controlled };
}

/** An outcome that can be told from every other target's. */
const byPort = (target: Target): Outcome => ({ kind: 'connected', afterMs: target.kind === 'tcp' ? target.port : 0 });

describe('connections', () => {
  const interleaved = [attempt(alice, 1), attempt(admin, 2), attempt(alice, 3), attempt(admin, 4), attempt(alice, 5)];

  it('come back in the order of the attempts, also from several places', async () => {
    const { context } = contextOf(byPort);
    expect((await connections(context, interleaved)).map(({ afterMs }) => afterMs)).toEqual([1, 2, 3, 4, 5]);
  });

  it('are recorded in the order of the attempts', async () => {
    const { context, observed } = contextOf(byPort);
    await connections(context, interleaved);
    expect(observed.map(({ subject, saw }) => `${subject}: ${saw}`)).toEqual([
      'pod client -> port 1 10.244.0.1:1/tcp: connected after 1 ms',
      'admin -> port 2 10.244.0.1:2/tcp: connected after 2 ms',
      'pod client -> port 3 10.244.0.1:3/tcp: connected after 3 ms',
      'admin -> port 4 10.244.0.1:4/tcp: connected after 4 ms',
      'pod client -> port 5 10.244.0.1:5/tcp: connected after 5 ms',
    ]);
  });

  it('are asked for once at each place', async () => {
    const { context, asked } = contextOf(byPort);
    await connections(context, interleaved);
    expect(asked).toEqual([
      { place: alice, targets: [port(1), port(3), port(5)] },
      { place: admin, targets: [port(2), port(4)] },
    ]);
  });

  it('record a control as a control', async () => {
    const { context, controlled } = contextOf(byPort);
    await connections(context, [attempt(alice, 1, { role: 'control' })]);
    expect(controlled.map(({ subject }) => subject)).toEqual(['pod client -> port 1 10.244.0.1:1/tcp']);
  });

  it('do not hold when a denied target answers', async () => {
    const { context, observed } = contextOf(byPort);
    await connections(context, [attempt(alice, 1, { expect: 'denied' })]);
    expect(observed).toMatchObject([
      { held: false, expected: 'no connection (time-out or reset)', raw: { kind: 'connected', afterMs: 1 } },
    ]);
  });

  /** Silence at first; then these, one after another. */
  const afterSilence = (count: number, then: readonly Outcome[]): (() => Outcome) => {
    let calls = 0;
    return () => ((calls += 1) <= count ? outcomes.timeout : (then[(calls - count - 1) % then.length] ?? outcomes.timeout));
  };

  it('that meet silence and should come through are tried three times more, all in the same instant', async () => {
    const { context, asked, observed } = contextOf(afterSilence(2, [outcomes.connected]));
    expect(await connections(context, [attempt(alice, 1), attempt(alice, 2)])).toEqual([outcomes.connected, outcomes.connected]);
    expect(asked.map(({ targets }) => targets.length)).toEqual([2, 6]);
    expect(observed.map(({ held, saw }) => `${held}: ${saw}`)).toEqual(
      Array.from(
        { length: 2 },
        () => 'true: connected after 10 ms; the first time timeout after 3000 ms, tried 3 times more, 3 came through',
      ),
    );
  });

  it.each([
    { next: [outcomes.timeout], through: 0 },
    { next: [outcomes.connected, outcomes.connected, outcomes.timeout], through: 2 },
  ])('do not hold when $through of those come through', async ({ next, through }) => {
    const { context, observed } = contextOf(afterSilence(1, next));
    expect(await connections(context, [attempt(alice, 1)])).toEqual([outcomes.timeout]);
    expect(observed).toMatchObject([
      { held: false, late: true, saw: `timeout after 3000 ms; tried 3 times more, ${through} came through` },
    ]);
  });

  it.each(['denied', 'not-reached'] as const)('that are expected to be %s are tried once', async (expectation) => {
    const { context, asked, observed } = contextOf(() => outcomes.timeout);
    await connections(context, [attempt(alice, 1, { expect: expectation })]);
    expect(asked).toHaveLength(1);
    expect(observed).toMatchObject([{ held: true }]);
  });

  it('are tried once where that is asked for, whatever they meet', async () => {
    const { context, asked, observed } = contextOf(() => outcomes.timeout);
    await connections(context, [attempt(alice, 1, { once: true })]);
    expect(asked).toHaveLength(1);
    expect(observed).toMatchObject([{ held: false, late: true }]);
  });

  it('that are refused, or come through where they are denied, are not late', async () => {
    const { context, observed } = contextOf(() => outcomes.refused);
    await connections(context, [attempt(alice, 1)]);
    const open = contextOf(() => outcomes.connected);
    await connections(open.context, [attempt(alice, 1, { expect: 'denied' })]);
    expect([...observed, ...open.observed].map(({ held, late }) => [held, late])).toEqual([
      [false, undefined],
      [false, undefined],
    ]);
  });

  it('are not tried again for any answer but silence', async () => {
    const { context, asked } = contextOf(() => outcomes.refused);
    await connections(context, [attempt(alice, 1)]);
    expect(asked).toHaveLength(1);
  });

  it('throw when a probe did not work, for that says nothing about the target', async () => {
    const { context } = contextOf(() => outcomes.failed);
    await expect(connections(context, [attempt(alice, 1, { expect: 'denied' })])).rejects.toThrow(
      'the probe at pod client did not work: exit code 127',
    );
  });
});

it.each([
  { target: port(80), text: '10.244.0.1:80/tcp' },
  { target: { kind: 'http', url: 'http://example.com/' } as const, text: 'http://example.com/' },
])('a target is shown as $text', ({ target, text }) => {
  expect(targetText(target)).toBe(text);
});
