import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiException, type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import { type Kubernetes, refusalText } from '../../platform/kubernetes/kubernetes.ts';
import { Problem, exitCode } from '../problem.ts';
import type { Work } from '../work.ts';

/** One run at a time works on a cluster: this object of kube-system says which. */
const name = 'conform';
const namespace = 'kube-system';
const commandAnnotation = 'conform/command';

/** A holder that has not renewed for so long is gone. */
const holdSeconds = 30;
const renewEveryMs = 10_000;
const askEveryMs = 2_000;

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

/** Takes the cluster for a run, and keeps it until it is released. Throws a Problem that names the holder when it is not to be had in time. */
export async function holdLease(kubernetes: Kubernetes, request: LeaseRequest, work: Work): Promise<HeldLease> {
  const deadline = Date.now() + request.waitMs;
  const holder = `${hostname()} ${request.runId}`;
  const watched = new Watched();
  for (;;) {
    const found = await readLease(kubernetes);
    if (found === undefined || isFree(found, watched.unchangedMs(found)) || found.spec?.holderIdentity === holder) {
      if (await take(kubernetes, found, { holder, command: request.command })) return keep(kubernetes, holder);
    } else {
      if (Date.now() >= deadline) throw heldByAnother(found);
      work.say(`waiting for ${holderText(found)} to end`);
    }
    await delay(askEveryMs, undefined, { signal: work.signal });
  }
}

/** How long this process has seen a lease unchanged: the clocks of two machines need not agree. */
class Watched {
  #seen = '';
  #since = Date.now();

  unchangedMs({ metadata }: V1Lease): number {
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
export function isFree({ spec }: V1Lease, unchangedMs: number, now = Date.now()): boolean {
  if (!spec?.holderIdentity) return true;
  const lasts = (spec.leaseDurationSeconds ?? holdSeconds) * 1000;
  const renewed = spec.renewTime === undefined ? 0 : new Date(spec.renewTime).getTime();
  return unchangedMs > lasts || now - renewed > 3 * lasts;
}

function heldByAnother(lease: V1Lease): Problem {
  return new Problem(exitCode.provider, {
    expected: 'no other run on this cluster',
    saw: holderText(lease),
    next: `wait for it to end, or give --wait <seconds>; if it is dead, its lease runs out after ${holdSeconds} s`,
  });
}

function holderText({ spec, metadata }: V1Lease): string {
  const since = spec?.acquireTime === undefined ? '' : ` since ${new Date(spec.acquireTime).toISOString()}`;
  return `${spec?.holderIdentity} (${metadata?.annotations?.[commandAnnotation] ?? 'unknown command'})${since}`;
}

async function readLease(kubernetes: Kubernetes): Promise<V1Lease | undefined> {
  try {
    return await kubernetes.coordination.readNamespacedLease({ name, namespace });
  } catch (error) {
    if (isCode(error, 404)) return undefined;
    throw new Problem(
      exitCode.provider,
      {
        expected: 'to take the lease kube-system/conform',
        saw: refusalText(error) ?? String(error),
        next: 'check that the cluster answers (kubectl get nodes), and that the credentials may write leases in kube-system',
      },
      error,
    );
  }
}

/** False when another was faster. */
async function take(
  kubernetes: Kubernetes,
  found: V1Lease | undefined,
  { holder, command }: { holder: string; command: string },
): Promise<boolean> {
  const now = new V1MicroTime();
  const body: V1Lease = {
    metadata: {
      name,
      namespace,
      annotations: { [commandAnnotation]: command },
      ...(found?.metadata?.resourceVersion === undefined ? {} : { resourceVersion: found.metadata.resourceVersion }),
    },
    spec: { holderIdentity: holder, leaseDurationSeconds: holdSeconds, acquireTime: now, renewTime: now },
  };
  try {
    if (found === undefined) await kubernetes.coordination.createNamespacedLease({ namespace, body });
    else await kubernetes.coordination.replaceNamespacedLease({ name, namespace, body });
    return true;
  } catch (error) {
    if (isCode(error, 409)) return false;
    throw error;
  }
}

function keep(kubernetes: Kubernetes, holder: string): HeldLease {
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = renew(kubernetes, holder, { lost, signal: ended.signal });
  return {
    lost: lost.signal,
    release: async () => {
      ended.abort();
      await renewing;
      const lease = await readLease(kubernetes).catch(() => undefined);
      if (lease?.spec?.holderIdentity !== holder) return;
      // What another has written since is refused by the version.
      await kubernetes.coordination
        .replaceNamespacedLease({ name, namespace, body: Object.assign(lease, { spec: { leaseDurationSeconds: holdSeconds } }) })
        .catch(() => undefined);
    },
  };
}

async function renew(
  kubernetes: Kubernetes,
  holder: string,
  { lost, signal }: { lost: AbortController; signal: AbortSignal },
): Promise<void> {
  let renewedAt = Date.now();
  while (!signal.aborted && !lost.signal.aborted) {
    await delay(renewEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const lease = await kubernetes.coordination.readNamespacedLease({ name, namespace });
      if (lease.spec?.holderIdentity !== holder)
        return lost.abort(new Error(`the cluster's lease was taken by ${lease.spec?.holderIdentity || 'nobody'}`));
      lease.spec.renewTime = new V1MicroTime();
      await kubernetes.coordination.replaceNamespacedLease({ name, namespace, body: lease });
      renewedAt = Date.now();
    } catch {
      // A fail-over of the API takes longer than a lease lasts: nobody else can take it then either.
      if (Date.now() - renewedAt > lostAfterMs)
        return lost.abort(new Error(`the cluster's lease could not be renewed for ${lostAfterMs / 1000} s`));
    }
  }
}

const lostAfterMs = 120_000;

function isCode(error: unknown, code: number): boolean {
  return error instanceof ApiException && error.code === code;
}
