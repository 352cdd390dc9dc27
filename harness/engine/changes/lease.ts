import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '../error-text.ts';
import { Problem, exitCode } from '../problem.ts';
import type { Work } from '../work.ts';
import { type ApiObject, type Objects, isRefusal } from './objects.ts';

/** One run at a time works on a cluster: this object of kube-system says which. */
export const leaseRef = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'conform', namespace: 'kube-system' } };
const commandAnnotation = 'conform/command';

/** How a lease is kept. The times of a holder need not be those of one that waits. */
interface LeaseTimes {
  /** A holder that has not renewed for so long is gone. */
  readonly holdSeconds: number;
  readonly renewEveryMs: number;
  readonly askEveryMs: number;
  /** A fail-over of the API takes longer than a lease lasts: nobody else can take it then either. */
  readonly lostAfterMs: number;
}

const leaseTimes: LeaseTimes = { holdSeconds: 30, renewEveryMs: 10_000, askEveryMs: 2_000, lostAfterMs: 120_000 };

/** An answer to a request for the lease is given up after this time: one API server after another may have to be tried for it. */
const answerMs = 30_000;

/** A lease as the API has it (Kubernetes: coordination.k8s.io/v1, Lease); times as RFC 3339. */
export interface Lease extends ApiObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
  };
}

export interface HeldLease {
  /** Aborted, with the reason, when the lease could not be kept. */
  readonly lost: AbortSignal;
  /** Gives it back; what another has taken meanwhile is left alone. */
  release(): Promise<void>;
}

export interface LeaseRequest {
  readonly runId: string;
  readonly command: string;
  readonly waitMs: number;
}

/** Takes the cluster for a run, and keeps it until it is released. Throws a Problem that names the holder when it is not free in time. */
export async function holdLease(objects: Objects, request: LeaseRequest, work: Work, times = leaseTimes): Promise<HeldLease> {
  const deadline = Date.now() + request.waitMs;
  const holder = `${hostname()} ${request.runId}`;
  const watched = new Watched();
  for (;;) {
    const found = await readLease(objects);
    if (found === undefined || isFree(found, watched.unchangedMs(found)) || found.spec?.holderIdentity === holder) {
      if (await take(objects, found, { holder, command: request.command, holdSeconds: times.holdSeconds }))
        return keep(objects, holder, times);
    } else {
      if (Date.now() >= deadline) throw heldByAnother(found, times);
      work.say(`waiting for ${holderText(found)} to end`);
    }
    await delay(times.askEveryMs, undefined, { signal: work.signal });
  }
}

/** How long this process has seen a lease unchanged: the clocks of two machines need not agree. */
class Watched {
  #seen = '';
  #since = Date.now();

  unchangedMs({ metadata }: Lease): number {
    const version = metadata?.resourceVersion ?? '';
    if (version !== this.#seen) {
      this.#seen = version;
      this.#since = Date.now();
    }
    return Date.now() - this.#since;
  }
}

/**
 * Whether a lease may be taken: nobody holds it, or its holder has let it run out, by the holder's clock and ours, or has
 * not touched it for that time while we looked.
 */
export function isFree({ spec }: Lease, unchangedMs: number, now = Date.now()): boolean {
  if (!spec?.holderIdentity) return true;
  const lasts = (spec.leaseDurationSeconds ?? leaseTimes.holdSeconds) * 1000;
  const renewed = spec.renewTime === undefined ? 0 : new Date(spec.renewTime).getTime();
  return unchangedMs > lasts || now - renewed > 3 * lasts;
}

function heldByAnother(lease: Lease, { holdSeconds }: LeaseTimes): Problem {
  return new Problem(exitCode.provider, {
    expected: 'no other run on this cluster',
    saw: holderText(lease),
    next: `wait for it to end, or give --wait <seconds>; if it is dead, its lease runs out after ${holdSeconds} s`,
  });
}

function holderText({ spec, metadata }: Lease): string {
  const since = spec?.acquireTime === undefined ? '' : ` since ${new Date(spec.acquireTime).toISOString()}`;
  return `${spec?.holderIdentity} (${metadata?.annotations?.[commandAnnotation] ?? 'unknown command'})${since}`;
}

async function readLease(objects: Objects): Promise<Lease | undefined> {
  try {
    return await objects.read(leaseRef, AbortSignal.timeout(answerMs));
  } catch (error) {
    throw new Problem(
      exitCode.provider,
      {
        expected: 'to take the lease kube-system/conform',
        saw: errorText(error),
        next: 'check that the cluster answers (kubectl get nodes), and that the credentials may write leases in kube-system',
      },
      error,
    );
  }
}

/** False when another was faster: the version that was read is no longer the newest. */
async function take(
  objects: Objects,
  found: Lease | undefined,
  { holder, command, holdSeconds }: { holder: string; command: string; holdSeconds: number },
): Promise<boolean> {
  const now = microTime();
  const metadata = { annotations: { [commandAnnotation]: command } };
  const spec = { holderIdentity: holder, leaseDurationSeconds: holdSeconds, acquireTime: now, renewTime: now };
  const signal = AbortSignal.timeout(answerMs);
  try {
    const made: Lease = { ...leaseRef, metadata: { ...leaseRef.metadata, ...metadata }, spec };
    if (found === undefined) await objects.create(made, signal);
    else await objects.patch(leaseRef, { metadata: { ...metadata, ...versionOf(found) }, spec }, signal);
    return true;
  } catch (error) {
    if (isRefusal(error, 409)) return false;
    throw error;
  }
}

function keep(objects: Objects, holder: string, times: LeaseTimes): HeldLease {
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = renew(objects, holder, { lost, signal: ended.signal, times });
  return {
    lost: lost.signal,
    release: async () => {
      ended.abort();
      await renewing;
      const lease = await readLease(objects).catch(() => undefined);
      if (lease?.spec?.holderIdentity !== holder) return;
      const nobody = { holderIdentity: null, acquireTime: null, renewTime: null };
      // What another has written since is refused by the version; a lease that stays runs out.
      await objects.patch(leaseRef, { metadata: versionOf(lease), spec: nobody }, AbortSignal.timeout(answerMs)).catch(() => undefined);
    },
  };
}

async function renew(
  objects: Objects,
  holder: string,
  { lost, signal, times }: { lost: AbortController; signal: AbortSignal; times: LeaseTimes },
): Promise<void> {
  let renewedAt = Date.now();
  while (!signal.aborted && !lost.signal.aborted) {
    await delay(times.renewEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const lease: Lease | undefined = await objects.read(leaseRef, AbortSignal.timeout(answerMs));
      if (lease?.spec?.holderIdentity !== holder)
        return lost.abort(new Error(`the cluster's lease was taken by ${lease?.spec?.holderIdentity ?? 'nobody'}`));
      await objects.patch(leaseRef, { metadata: versionOf(lease), spec: { renewTime: microTime() } }, AbortSignal.timeout(answerMs));
      renewedAt = Date.now();
    } catch {
      // Whatever hindered it: it is tried again until the lease counts as lost.
      if (Date.now() - renewedAt > times.lostAfterMs)
        return lost.abort(new Error(`the cluster's lease could not be renewed for ${times.lostAfterMs / 1000} s`));
    }
  }
}

/** With it, a patch is refused when somebody has written since (Kubernetes API concepts: resource versions). */
function versionOf({ metadata }: Lease): { resourceVersion?: string } {
  return metadata?.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion };
}

/** The API wants six digits of a second (Kubernetes: meta/v1, MicroTime). */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
