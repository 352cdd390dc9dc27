import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../problem.ts';
import { type HeldLease, type Lease, holdLease, isFree, leaseRef } from './lease.ts';
import { ObjectStore } from './testing/object-store.ts';

const now = Date.UTC(2026, 10, 24);
const lease = (holderIdentity: string | undefined, renewedSecondsAgo: number, at = now): Lease => ({
  ...leaseRef,
  spec: {
    ...(holderIdentity === undefined ? {} : { holderIdentity }),
    leaseDurationSeconds: 30,
    renewTime: new Date(at - renewedSecondsAgo * 1000).toISOString(),
  },
});

describe('a lease is free', () => {
  it.each([
    ['when nobody holds it', lease(undefined, 0), 0, true],
    ['not while its holder renews it', lease('other', 5), 0, false],
    ['not because the clocks of two machines differ by a minute', lease('other', 60), 0, false],
    ['when it was not touched for its time while we looked', lease('other', 60), 31_000, true],
    ['when its holder is gone for long, by the clocks', lease('other', 91), 0, true],
  ])('%s', (_, found, unchangedMs, expected) => {
    expect(isFree(found, unchangedMs, now)).toBe(expected);
  });
});

const times = { holdSeconds: 30, renewEveryMs: 10, askEveryMs: 10, lostAfterMs: 60 };
const own = `${hostname()} r1`;
const { signal } = new AbortController();

let store: ObjectStore;
let said: string[];
let held: HeldLease | undefined;
beforeEach(() => {
  store = new ObjectStore();
  said = [];
});
afterEach(async () => {
  store.failure = undefined;
  await held?.release();
  held = undefined;
});

async function hold(waitMs = 0): Promise<HeldLease> {
  held = await holdLease(store, { runId: 'r1', command: 'conform verify', waitMs }, { signal, say: (text) => void said.push(text) }, times);
  return held;
}

const found = (): Lease | undefined => store.get(leaseRef);
const heldBy = (holder: string): Lease => lease(holder, 0, Date.now());

describe('a run takes the lease', () => {
  it('that nobody has made yet', async () => {
    await hold();
    expect(found()).toMatchObject({
      metadata: { annotations: { 'conform/command': 'conform verify' } },
      spec: { holderIdentity: own, leaseDurationSeconds: 30, acquireTime: expect.stringMatching(/\.\d{6}Z$/) },
    });
  });

  it('that a dead run has let run out', async () => {
    store.put(lease('other', 91, Date.now()));
    await hold();
    expect(found()?.spec?.holderIdentity).toBe(own);
  });

  it('when the other run has ended, and says for whom it waits', async () => {
    store.put(heldBy('other'));
    const taken = hold(5_000);
    await delay(30);
    store.put({ ...leaseRef });
    await taken;
    expect([found()?.spec?.holderIdentity, said[0]]).toEqual([own, expect.stringContaining('waiting for other')]);
  });

  it('not when another was faster between its reading and its writing', async () => {
    store.put({ ...leaseRef });
    const { patch } = store;
    store.patch = async (...args) => {
      store.patch = patch;
      store.put(heldBy('faster'));
      return patch(...args);
    };
    await expect(hold()).rejects.toBeInstanceOf(Problem);
    expect(found()?.spec?.holderIdentity).toBe('faster');
  });

  it('not while another holds it: the Problem names the holder', async () => {
    store.put({ ...heldBy('other'), metadata: { ...leaseRef.metadata, annotations: { 'conform/command': 'conform rehearse' } } });
    await expect(hold()).rejects.toMatchObject({ text: { saw: expect.stringMatching(/^other \(conform rehearse\)/) } });
  });

  it('not when the API does not answer: the Problem says why', async () => {
    store.failure = new Error('connect ECONNREFUSED');
    await expect(hold()).rejects.toMatchObject({ text: { saw: 'connect ECONNREFUSED' } });
  });
});

describe('a held lease', () => {
  it('is renewed', async () => {
    await hold();
    const first = found()?.spec?.renewTime;
    await delay(100);
    expect(found()?.spec?.renewTime).not.toBe(first);
  });

  it('is lost when another takes it', async () => {
    const { lost } = await hold();
    store.put(heldBy('other'));
    await delay(60);
    expect(String(lost.reason)).toContain("the cluster's lease was taken by other");
  });

  it('outlives a short silence of the API', async () => {
    const { lost } = await hold();
    store.failure = new Error('no answer');
    await delay(30);
    store.failure = undefined;
    await delay(100);
    expect(lost.aborted).toBe(false);
  });

  it('is lost when it cannot be renewed for long', async () => {
    const { lost } = await hold();
    store.failure = new Error('no answer');
    await delay(200);
    expect(String(lost.reason)).toContain('could not be renewed for 0.06 s');
  });

  it('that is released is free', async () => {
    const { release } = await hold();
    await release();
    expect(isFree(found() ?? {}, 0)).toBe(true);
  });

  it('that another has taken is not released', async () => {
    const { release } = await hold();
    store.put(heldBy('other'));
    await release();
    expect(found()?.spec?.holderIdentity).toBe('other');
  });
});
