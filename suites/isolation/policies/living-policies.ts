import type { V1Namespace } from '@kubernetes/client-node';
import { isScratchName } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type LivingTenant, livingTenants } from '../../fixtures/living-tenants.ts';
import { type CalicoPolicy, calicoPolicy } from './calico-policy.ts';
import { type NetworkPolicy, kubernetesPolicy } from './kubernetes-policy.ts';
import type { Policy, PolicyNamespace } from './policy-model.ts';

type Looker = Pick<CheckContext, 'cluster' | 'signal'>;

/** The policies that exist when the run looks, and the namespaces that they are evaluated against. */
export interface LivingPolicies {
  readonly tenants: readonly PolicyNamespace[];
  /** Every namespace that is no scratch one of this run, tenants included. */
  readonly namespaces: readonly PolicyNamespace[];
  /** Those of every tenant's namespace, and those of Calico for the whole cluster. */
  readonly policies: readonly Policy[];
  /** Reads another NetworkPolicy in the same way. */
  read(policy: NetworkPolicy): Policy;
}

/** Reads every policy that can let a tenant's traffic through. */
export async function livingPolicies(context: Looker): Promise<LivingPolicies> {
  const { cluster } = context;
  const { core } = cluster.kubernetes;
  const [tenants, namespaces, pods] = await Promise.all([
    livingTenants(cluster.kubernetes),
    core.listNamespace(),
    core.listPodForAllNamespaces(),
  ]);
  const asSeen = ({ name, labels }: LivingTenant): PolicyNamespace => ({
    name,
    labels,
    pods: pods.items.filter(({ metadata }) => metadata?.namespace === name).map(({ metadata }) => metadata?.labels ?? {}),
  });
  // The documented network, and where pods really are: a cluster may have another pool.
  const addresses = pods.items.flatMap(({ spec, status }) => (spec?.hostNetwork === true ? [] : (status?.podIP ?? [])));
  const podNetworks = [cluster.documented.podCidr, ...addresses.map((address) => `${address}/32`)];
  const names = new Set(tenants.map(({ name }) => name));
  const [own, calico, global] = await Promise.all([
    listed<NetworkPolicy>(context, '/apis/networking.k8s.io/v1/networkpolicies'),
    listed<CalicoPolicy>(context, '/apis/projectcalico.org/v3/networkpolicies'),
    listed<CalicoPolicy>(context, '/apis/projectcalico.org/v3/globalnetworkpolicies'),
  ]);
  const ofTenants = <P extends { readonly metadata: { readonly namespace?: string } }>(policies: readonly P[]): P[] =>
    policies.filter(({ metadata }) => names.has(metadata.namespace ?? ''));
  return {
    tenants: tenants.map(asSeen),
    namespaces: namespaces.items
      .filter(isLasting)
      .map(({ metadata }) => asSeen({ name: metadata?.name ?? '', labels: metadata?.labels ?? {} })),
    policies: [
      ...ofTenants(own).map((policy) => kubernetesPolicy(policy, podNetworks)),
      ...[...ofTenants(calico.filter(isNoCopy)), ...global.filter(({ metadata }) => !isScratchName(metadata.name))].map((policy) =>
        calicoPolicy(policy, podNetworks),
      ),
    ],
    read: (policy) => kubernetesPolicy(policy, podNetworks),
  };
}

function isLasting({ metadata, status }: V1Namespace): boolean {
  return status?.phase !== 'Terminating' && !isScratchName(metadata?.name ?? '');
}

/** Calico's API lists a copy of every NetworkPolicy of Kubernetes, under this prefix. */
function isNoCopy({ metadata: { name } }: CalicoPolicy): boolean {
  return !name.startsWith('knp.default.');
}

/** The objects as they are written: the client's own models rename `from` of a NetworkPolicy. */
async function listed<T>({ cluster: { kubernetes }, signal }: Looker, path: string): Promise<readonly T[]> {
  const { status, body, message } = await kubernetes.request({ method: 'GET', path }, signal);
  if (status !== 200) throw new Error(`${path} cannot be listed: ${status} ${message}`);
  return (body as { items: readonly T[] }).items;
}
