import type { Cluster } from '../../../harness/platform/cluster.ts';
import { outcomeText, reached } from '../../../harness/probe/probe.ts';

/**
 * Why admins do not reach a load balancer address, from the live objects and one more measurement: the Service's node port
 * goes the way of its external traffic whether or not the address is announced, so it shows where masquerading hides the
 * admin's own address from the policies.
 */
export async function explainUnreachable(
  cluster: Cluster,
  place: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<string> {
  const { spec } = await cluster.kubernetes.core.readNamespacedService(place);
  const port = spec?.ports?.[0]?.nodePort ?? 0;
  const workers = cluster.documented.nodes.filter(({ role }) => role === 'worker');
  const outcomes = await cluster.probe(
    { host: 'admin' },
    workers.map(({ address }) => ({ kind: 'tcp', host: address, port })),
    signal,
  );
  const seen = workers
    .map(({ name }, index) => `${name} ${outcomes[index] === undefined ? 'not tried' : outcomeText(outcomes[index])}`)
    .join(', ');
  const answering = outcomes.filter(reached).length;
  const policy = spec?.externalTrafficPolicy ?? 'none';
  const cause =
    policy === 'Local'
      ? 'its externalTrafficPolicy is Local, so masquerading is not the cause'
      : `it lacks externalTrafficPolicy: Local (it has ${policy}), so on nodes without its pod the admin's address is masqueraded before the policies see it`;
  return `Service ${place.namespace}/${place.name}: ${cause}; from the admin workstation its node port answers at ${answering} of ${workers.length} workers (${seen}); ${await unannounced(cluster)}`;
}

async function unannounced(cluster: Cluster): Promise<string> {
  const [pools, advertisements] = await Promise.all([
    cluster.kubernetes.objects.list('metallb.io/v1beta1', 'IPAddressPool', 'metallb-system'),
    cluster.kubernetes.objects.list('metallb.io/v1beta1', 'L2Advertisement', 'metallb-system'),
  ]);
  const existing = pools.items.map(({ metadata }) => metadata?.name ?? '');
  const named = advertisements.items.flatMap((each) => (each as { spec?: { ipAddressPools?: string[] } }).spec?.ipAddressPools ?? []);
  const missing = named.filter((name) => !existing.includes(name));
  const announced = `pools ${existing.join(', ')}; advertised ${named.join(', ')}`;
  return missing.length === 0
    ? announced
    : `${announced}, of which ${missing.join(', ')} do not exist: nothing announces the addresses of ${existing.join(', ')}`;
}
