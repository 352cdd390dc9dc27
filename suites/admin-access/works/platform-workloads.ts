import type { V1Pod } from '@kubernetes/client-node';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';

/** Calico's agent enforces the policies; it is restarted with the platform. */
export const agent = { namespace: 'calico-system', name: 'calico-node' };

export interface Workloads {
  /** `namespace/name` of those that have all their pods, Ready. */
  readonly whole: readonly string[];
  /** Of all of them. */
  readonly pods: readonly V1Pod[];
}

/** Deployments, StatefulSets and DaemonSets of the platform, and Calico's agent. */
export async function workloads({
  cluster: {
    kubernetes: { apps, core },
    documented,
  },
}: CheckContext): Promise<Workloads> {
  const found = await Promise.all(
    [...documented.platformNamespaces, agent.namespace].map(async (namespace) => {
      const [deployments, stateful, daemons, pods] = await Promise.all([
        apps.listNamespacedDeployment({ namespace }),
        apps.listNamespacedStatefulSet({ namespace }),
        apps.listNamespacedDaemonSet({ namespace }),
        core.listNamespacedPod({ namespace }),
      ]);
      const counted = [
        ...[...deployments.items, ...stateful.items].map(({ metadata, spec, status }) => ({
          name: metadata?.name ?? '',
          wanted: spec?.replicas ?? 1,
          ready: status?.readyReplicas ?? 0,
        })),
        ...daemons.items.map(({ metadata, status }) => ({
          name: metadata?.name ?? '',
          wanted: status?.desiredNumberScheduled ?? 0,
          ready: status?.numberReady ?? 0,
        })),
      ];
      const isOurs = (name: string): boolean => namespace !== agent.namespace || name === agent.name;
      return {
        whole: counted
          .filter(({ name, wanted, ready }) => isOurs(name) && wanted > 0 && ready >= wanted)
          .map(({ name }) => `${namespace}/${name}`),
        pods: pods.items.filter(
          ({ metadata }) =>
            metadata?.ownerReferences?.some(({ kind }) => ['ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(kind)) === true &&
            isOurs(namespace === agent.namespace ? (metadata.labels?.['k8s-app'] ?? '') : ''),
        ),
      };
    }),
  );
  return { whole: found.flatMap(({ whole }) => whole), pods: found.flatMap(({ pods }) => pods) };
}

/** Waits until all that was whole is so again, with other pods. */
export async function wholeAgain(context: CheckContext, before: Workloads): Promise<void> {
  const old = new Set(before.pods.map(({ metadata }) => metadata?.uid));
  await until(
    'the platform to be whole again',
    { timeoutMs: patience('agentsRestarted'), everyMs: 1000, signal: context.signal },
    async () => {
      const now = await workloads(context);
      const missing = before.whole.filter((name) => !now.whole.includes(name));
      const left = now.pods
        .filter(({ metadata }) => old.has(metadata?.uid))
        .map(({ metadata }) => `the old ${metadata?.namespace}/${metadata?.name}`);
      return missing.length + left.length === 0 ? { done: undefined } : { notYet: `not ${[...missing, ...left].slice(0, 6).join(', ')}` };
    },
  );
}

/** Waits until all that was whole is so, on whatever node: one that has lost a replica with the worker may have to start again. */
export async function stands(context: CheckContext, before: Workloads, signal: AbortSignal): Promise<void> {
  await until('the platform to be up again', { timeoutMs: patience('agentsRestarted'), everyMs: 1000, signal }, async () => {
    const now = await workloads(context);
    const missing = before.whole.filter((name) => !now.whole.includes(name));
    return missing.length === 0 ? { done: undefined } : { notYet: missing.join(', ') };
  });
}
