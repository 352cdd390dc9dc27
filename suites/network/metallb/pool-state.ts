import type { KubernetesObject } from '@kubernetes/client-node';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import {
  type AddressPool,
  type Advertisement,
  advertisement,
  metallbNamespace,
  poolOf,
} from '../../../harness/platform/metallb/address-pools.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import type { StepOutcome } from '../../../harness/engine/run-record.ts';

/** The pools and advertisements of a cluster at one time, and the objects that they are read from. */
export interface PoolState {
  readonly pools: readonly AddressPool[];
  readonly advertised: readonly Advertisement[];
  /** As they can be applied. */
  readonly objects: readonly KubernetesObject[];
}

/** The step that makes two pools of one, as the record of the cluster's building has it; throws where there is none. */
export function poolStep({ descriptor }: Pick<Cluster, 'descriptor'>): StepOutcome {
  const step = descriptor.steps.find(({ id }) => id === 'admin-access-pools');
  if (step === undefined) throw new Error('the record of how the cluster was built has no step admin-access-pools');
  return step;
}

/** What there was when that step began. */
export function stateBefore({ before }: StepOutcome): PoolState {
  if (before === undefined) throw new Error('the record of how the cluster was built does not keep the pools from before the step');
  return stateOf(before);
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
