import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { CalicoPolicySpec } from '../../fixtures/calico/policy-spec.ts';
import { type Labels, parseSelector } from '../../fixtures/calico/selector.ts';

/** What Calico applies policies to: a pod with a network of its own, or a host that has a HostEndpoint. */
export interface Endpoint {
  /** `pod canine/canine-7d4c`, `host cp01`. */
  readonly name: string;
  readonly labels: Labels;
  /** Undefined for a host: it lies in no namespace. */
  readonly namespace: { readonly name: string; readonly labels: Labels } | undefined;
}

interface HostEndpoint {
  readonly metadata: { readonly labels?: Labels };
  readonly spec: { readonly node?: string };
}

/** All that there are now, with the labels that Calico gives them (docs.tigera.io, Workload endpoint; GlobalNetworkPolicy). */
export async function liveEndpoints({ kubernetes }: Pick<Cluster, 'kubernetes'>, signal: AbortSignal): Promise<Endpoint[]> {
  const [pods, namespaces, hosts] = await Promise.all([
    kubernetes.core.listPodForAllNamespaces(),
    kubernetes.core.listNamespace(),
    kubernetes.request({ method: 'GET', path: '/apis/projectcalico.org/v3/hostendpoints' }, signal),
  ]);
  if (hosts.status !== 200) throw new Error(`HostEndpoints cannot be listed: ${hosts.status} ${hosts.message}`);
  const labelsOf = new Map(
    namespaces.items.map(({ metadata }) => [metadata?.name ?? '', { ...metadata?.labels, 'projectcalico.org/name': metadata?.name ?? '' }]),
  );
  const workloads = pods.items.filter(
    ({ spec, status }) => spec?.hostNetwork !== true && status?.podIP !== undefined && status.phase === 'Running',
  );
  return [
    ...workloads.map(({ metadata }): Endpoint => {
      const name = metadata?.namespace ?? '';
      return {
        name: `pod ${name}/${metadata?.name}`,
        labels: { ...metadata?.labels, 'projectcalico.org/namespace': name, 'projectcalico.org/orchestrator': 'k8s' },
        namespace: { name, labels: labelsOf.get(name) ?? {} },
      };
    }),
    ...(hosts.body as { items: HostEndpoint[] }).items.map(({ metadata, spec }): Endpoint => ({
      name: `host ${spec.node}`,
      labels: metadata.labels ?? {},
      namespace: undefined,
    })),
  ];
}

/**
 * The endpoints that a policy acts on. One that acts before DNAT acts on hosts alone, and so does one for `global()`, which belongs to
 * no namespace (docs.tigera.io, GlobalNetworkPolicy).
 */
export function selectedBy(
  { selector = '', namespaceSelector, preDNAT = false }: CalicoPolicySpec,
  endpoints: readonly Endpoint[],
): Endpoint[] {
  const [isSelected, isInNamespace] = [parseSelector(selector), parseSelector(namespaceSelector ?? '')];
  const isGlobal = namespaceSelector?.trim() === 'global()';
  return endpoints.filter(({ labels, namespace }) => {
    if (namespace === undefined) return (namespaceSelector === undefined || isGlobal) && isSelected(labels);
    return !preDNAT && !isGlobal && isInNamespace(namespace.labels) && isSelected(labels);
  });
}
