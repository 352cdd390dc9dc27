import { describe, expect, it } from 'vitest';
import type { Measured } from '../engine/evidence.ts';
import { type Claim, type Destination, type Prover, type Source, connect, denial, reach, unreached } from './claims.ts';
import type { Outcome, Target } from './probe.ts';

const alice: Source = { name: 'alice on w01', place: { namespace: 'canine-alice', pod: 'a' } };
const bob: Source = { name: 'bob on w01', place: { namespace: 'canine-bob', pod: 'b' } };
const web = (name: string, host: string): Destination => ({ name, target: { kind: 'tcp', host, port: 80 } });
const [ofAlice, ofBob] = [web('alice web', '10.0.0.1'), web('bob web', '10.0.0.2')];
const connected: Outcome = { kind: 'connected', afterMs: 1 };
const silence: Outcome = { kind: 'timeout', afterMs: 3000 };

/** A cluster in which outcomes are decided by source and host; it notes how often each place was probed. */
function network(outcome: (from: string, host: string) => Outcome) {
  const probed: string[][] = [];
  const [observed, controls]: [Measured[], Measured[]] = [[], []];
  const prover: Prover = {
    signal: new AbortController().signal,
    observe: (measured) => void observed.push(measured),
    control: (measured) => void controls.push(measured),
    cluster: {
      prepare: async () => undefined,
      placeText: (place) => ('host' in place ? place.host : place.pod),
      probe: async (place, targets: readonly Target[]) => {
        const from = 'host' in place ? place.host : place.pod;
        probed.push(targets.map((target) => ('host' in target ? target.host : target.kind)));
        return targets.map((target) => outcome(from, 'host' in target ? target.host : ''));
      },
    },
  };
  return { prover, probed, observed, controls };
}

const crossTenant: Claim = denial({ from: alice, to: ofBob, sameSourceReaches: ofAlice, targetAnswers: bob });

describe('a denial', () => {
  it('is one observation with an anchor at its source and one at its target', () => {
    expect(crossTenant.attempts.map(({ role, from, to, expect: is }) => [role, from.name, to.name, is])).toEqual([
      ['observation', 'alice on w01', 'bob web', 'denied'],
      ['control', 'alice on w01', 'alice web', 'reached'],
      ['control', 'bob on w01', 'bob web', 'reached'],
    ]);
  });

  it('without a target that its source reaches proves nothing', () => {
    expect(() => denial({ from: alice, to: ofBob, sameSourceReaches: [], targetAnswers: bob })).toThrow('no anchor at its source');
  });

  it('without a source that its target answers proves nothing', () => {
    expect(() => denial({ from: alice, to: ofBob, sameSourceReaches: ofAlice, targetAnswers: [] })).toThrow('no anchor at its target');
  });

  it.each<readonly [Outcome['kind'], Outcome, boolean]>([
    ['timeout', silence, true],
    ['connected', connected, false],
    ['refused', { kind: 'refused', afterMs: 1 }, false],
    ['reset', { kind: 'reset', afterMs: 1 }, false],
    ['unreachable', { kind: 'unreachable', afterMs: 1 }, false],
  ])('that ended as %s', async (_, outcome, held) => {
    const { prover, observed } = network((from, host) => (from === 'a' && host === '10.0.0.2' ? outcome : connected));
    await connect(prover, [crossTenant]);
    expect(observed.map((each) => each.held)).toEqual([held]);
  });
});

describe('claims', () => {
  it('are tried in one instant: one command for each place, and nothing again where an anchor met silence', async () => {
    const { prover, probed, controls } = network(() => silence);
    await connect(prover, [crossTenant]);
    expect(probed).toEqual([['10.0.0.2', '10.0.0.1'], ['10.0.0.2']]);
    expect(controls.map(({ held }) => held)).toEqual([false, false]);
  });

  it('that share an anchor try and tell it once', async () => {
    const { prover, probed, controls } = network((from, host) => (from === 'a' && host === '10.0.0.2' ? silence : connected));
    await connect(prover, [crossTenant, crossTenant]);
    expect(probed).toEqual([['10.0.0.2', '10.0.0.1', '10.0.0.2'], ['10.0.0.2']]);
    expect(controls).toHaveLength(2);
  });

  it('tell an anchor of each instant, for none stands for what was tried in another', async () => {
    const { prover, controls } = network((from, host) => (from === 'a' && host === '10.0.0.2' ? silence : connected));
    const before = { attempts: crossTenant.attempts.map((each) => ({ ...each, seen: connected })) };
    await connect(prover, [before, crossTenant]);
    expect(controls).toHaveLength(4);
  });

  it('use outcomes that were measured before, and probe nothing for them', async () => {
    const { prover, probed, observed } = network(() => connected);
    const seen = { attempts: crossTenant.attempts.map((each) => ({ ...each, seen: each.role === 'observation' ? silence : connected })) };
    await connect(prover, [seen]);
    expect([probed, observed.map(({ held }) => held)]).toEqual([[], [true]]);
  });

  it('have the same keys in every run, whatever the addresses are', async () => {
    const keys = async (host: string): Promise<(string | undefined)[]> => {
      const { prover, observed, controls } = network(() => connected);
      await connect(prover, [denial({ from: alice, to: web('bob web', host), sameSourceReaches: ofAlice, targetAnswers: bob })]);
      return [...observed, ...controls].map(({ key }) => key);
    };
    expect(await keys('10.0.0.2')).toEqual(await keys('10.9.9.9'));
  });

  it('throw when a probe itself did not work: that says nothing about the target', async () => {
    const { prover } = network(() => ({ kind: 'failed', text: 'no such program', afterMs: 0 }));
    await expect(connect(prover, [crossTenant])).rejects.toThrow('the probe at a did not work: no such program');
  });
});

describe('a reach', () => {
  it('has a control: a port of the same host that nobody listens on', async () => {
    const { attempts } = reach({ from: alice, to: ofAlice });
    expect(attempts.map(({ role, to: { target }, expect: is }) => [role, target, is])).toEqual([
      ['observation', { kind: 'tcp', host: '10.0.0.1', port: 80 }, 'reached'],
      ['control', { kind: 'tcp', host: '10.0.0.1', port: 9 }, 'not-reached'],
    ]);
  });

  it.each([
    { met: 'silence', outcome: silence },
    { met: 'nobody who told the hardware address', outcome: { kind: 'unreachable', afterMs: 3_010 } as const },
  ])('is late, not refuted, where it met $met', async ({ outcome }) => {
    const { prover, observed } = network(() => outcome);
    await connect(prover, [reach({ from: alice, to: ofAlice })]);
    expect(observed.map(({ held, late }) => [held, late])).toEqual([[false, true]]);
  });
});

describe('a target to which no route leads', () => {
  it('may fail in any way but a connection', async () => {
    const claim = unreached({ from: alice, to: ofBob, sameSourceReaches: ofAlice, targetAnswers: bob });
    for (const [outcome, held] of [
      [{ kind: 'unreachable', afterMs: 1 }, true],
      [{ kind: 'no-answer', connectedAfterMs: 1, afterMs: 3000 }, false],
      [{ kind: 'reset', connectedAfterMs: 1, afterMs: 2 }, false],
      [{ kind: 'refused', afterMs: 1 }, true],
      [connected, false],
    ] as const) {
      const { prover, observed } = network((from, host) => (from === 'a' && host === '10.0.0.2' ? outcome : connected));
      await connect(prover, [claim]);
      expect(observed[0]?.held).toBe(held);
    }
  });
});
