import type { Kubernetes } from './kubernetes/kubernetes.ts';

/** The API group that comes with a part, by the capability that needs it. It goes when the part is taken away. */
const groups: Readonly<Record<string, string>> = { calico: 'crd.projectcalico.org', metallb: 'metallb.io', longhorn: 'longhorn.io' };

/**
 * Throws where a part that is needed is not installed, so that nobody looks for what cannot be there, and takes silence for a
 * broken promise. That the API does not tell is no reason: who looks will meet the same.
 */
export function partsInstalled(kubernetes: Pick<Kubernetes, 'request'>): (needs: readonly string[], signal: AbortSignal) => Promise<void> {
  let listed: Promise<readonly string[] | undefined> | undefined;
  return async (needs, signal) => {
    listed ??= servedGroups(kubernetes, signal);
    const served = await listed;
    if (served === undefined) listed = undefined;
    const missing = needs.map((need) => groups[need]).filter((group) => group !== undefined && served?.includes(group) === false);
    if (missing.length > 0)
      throw new Error(`the cluster's API has no group ${missing.join(', ')}: the part that brings it is not installed`);
  };
}

async function servedGroups({ request }: Pick<Kubernetes, 'request'>, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const answer = await request({ method: 'GET', path: '/apis' }, signal).catch(() => undefined);
  return (answer?.body as { groups?: { name: string }[] } | undefined)?.groups?.map(({ name }) => name);
}
