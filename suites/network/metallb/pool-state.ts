import type { KubernetesObject } from '@kubernetes/client-node';
import type { DocumentedCluster } from '../../../guide/cluster.ts';
import type { StepOutcome } from '../../../harness/engine/run-record.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import {
  type AddressPool,
  type Advertisement,
  advertisement,
  advertisementText,
  metallbNamespace,
  poolOf,
  poolText,
  rangeText,
} from '../../../harness/platform/metallb/address-pools.ts';

/** The pools and advertisements of a cluster at one time, and the objects that they are read from. */
export interface PoolState {
  readonly pools: readonly AddressPool[];
  readonly advertised: readonly Advertisement[];
  /** As they can be applied. */
  readonly objects: readonly KubernetesObject[];
}

/** The one pool of the guide before its admin step (Install MetalLB). */
export const defaultPool = 'default-pool';

/** The whole range, which becomes two pools afterwards (guide, Service Ranges: MetalLB Pool). */
export function wholeRange({ pools: { admin, tenant } }: Pick<DocumentedCluster, 'pools'>): { first: string; last: string } {
  return { first: admin.first, last: tenant.last };
}

/** The state before the admin step, as the guide makes it (Install MetalLB). */
export function documentedBefore(documented: Pick<DocumentedCluster, 'pools'>): PoolState {
  return stateOf([
    { kind: 'IPAddressPool', name: defaultPool, spec: { addresses: [rangeText(wholeRange(documented))] } },
    { kind: 'L2Advertisement', name: 'l2-advert', spec: { ipAddressPools: [defaultPool] } },
  ]);
}

/** The step that makes two pools of one, as the record of the cluster's building has it, where there is one. */
export function poolStep({ descriptor }: Pick<Cluster, 'descriptor'>): StepOutcome | undefined {
  return descriptor.steps.find(({ id }) => id === 'admin-access-pools');
}

/** The state that the record of the building keeps from before that step, where it keeps one. */
export function recordedBefore(step: StepOutcome | undefined): PoolState | undefined {
  return step?.before === undefined ? undefined : stateOf(step.before);
}

export async function stateNow({ objects }: Kubernetes): Promise<PoolState> {
  const lists = await Promise.all(
    ['IPAddressPool', 'L2Advertisement'].map(async (kind) => ({
      kind,
      items: (await objects.list('metallb.io/v1beta1', kind, metallbNamespace)).items,
    })),
  );
  return stateOf(
    lists.flatMap(({ kind, items }) =>
      items.map((each) => ({ kind, name: each.metadata?.name ?? '', spec: (each as { spec?: unknown }).spec })),
    ),
  );
}

/** Pools and advertisements in words, one each. */
export function stateText({ pools, advertised }: PoolState): string[] {
  return [...pools.map(poolText), ...advertised.map(advertisementText)];
}

function stateOf(all: readonly { kind: string; name: string; spec?: unknown }[]): PoolState {
  return {
    pools: all.filter(({ kind }) => kind === 'IPAddressPool').map(poolOf),
    advertised: all.filter(({ kind }) => kind === 'L2Advertisement').map(advertisement),
    objects: all.map(({ kind, name, spec }) => ({
      apiVersion: 'metallb.io/v1beta1',
      kind,
      metadata: { name, namespace: metallbNamespace },
      spec,
    })),
  };
}
