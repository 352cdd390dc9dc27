import type { V1Pod } from '@kubernetes/client-node';
import { isWithinCidr, rangeOf } from '../../guide/address.ts';
import { overlaps } from '../../guide/overlaps.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { type IpPool, ipPools } from '../../harness/platform/calico/address-ranges.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import type { Kubernetes } from '../../harness/platform/kubernetes/kubernetes.ts';
import { balancedRanges } from '../../harness/platform/metallb/address-pools.ts';
import { check } from '../fixtures/check.ts';
import { plantedPool } from './planted-pool.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-POD-CIDR'], async (context) => {
  const { cluster, observe, control, hint } = context;
  hint(async () => 'kubectl get ippools -o yaml: which ranges are enabled?');
  const { kubernetes, documented } = cluster;
  const [pools, managers, servers, proxy, nodes, planted] = await Promise.all([
    ipPools(kubernetes),
    componentPods(kubernetes, 'kube-controller-manager'),
    componentPods(kubernetes, 'kube-apiserver'),
    proxyRange(cluster),
    kubernetes.core.listNode(),
    // TEST-NET-2 (RFC 5737) is nobody's.
    plantedPool(context, '198.51.100.0/24'),
  ]);
  const judged = (seen: readonly Pick<IpPool, 'spec'>[]): Measured =>
    equal('enabled IPv4 pools of Calico', {
      expected: [documented.podCidr],
      saw: seen.filter(({ spec }) => spec.disabled !== true && !spec.cidr.includes(':')).map(({ spec }) => spec.cidr),
    });
  observe(judged(pools));
  observe(
    equal('control planes with a controller manager', {
      expected: documented.nodes.filter(({ role }) => role === 'control-plane').map(({ name }) => name),
      saw: managers.map(({ spec }) => spec?.nodeName ?? ''),
    }),
  );
  for (const pod of managers)
    observe(
      equal(`cluster CIDR of ${pod.metadata?.name}`, {
        expected: documented.podCidr,
        saw: argumentOf(pod, '--cluster-cidr=') ?? 'not set',
      }),
    );
  observe(equal('cluster CIDR of kube-proxy', { expected: documented.podCidr, saw: proxy }));
  observe(
    noneOf(`pod ranges of nodes outside ${documented.podCidr}`, {
      saw: nodes.items.flatMap(({ metadata, spec }) =>
        spec?.podCIDR === undefined || isInside(spec.podCIDR, documented.podCidr) ? [] : [`${metadata?.name} ${spec.podCIDR}`],
      ),
    }),
  );
  const withPlanted = judged([...pools, planted]);
  control({
    subject: `the same pools and a second one that the API would take (dry run), ${planted.spec.cidr}`,
    vantage: atApi,
    expected: 'reported',
    saw: withPlanted.held ? 'not reported' : `reported: ${withPlanted.saw}`,
    held: !withPlanted.held,
  });
  const others = servers.map((pod) => argumentOf(pod, '--service-cluster-ip-range=') ?? 'not set');
  control({
    subject: "the same reading of the API servers' range of Services",
    vantage: atApi,
    expected: `another range than ${documented.podCidr}`,
    saw: [...new Set(others)].join(', ') || 'no API server',
    held: others.length > 0 && others.every((range) => range !== documented.podCidr && range !== 'not set'),
  });
});

/** Whether a network lies in another one as a whole; false for an IPv6 network, which the documented cluster has none of. */
function isInside(cidr: string, network: string): boolean {
  if (cidr.includes(':')) return false;
  const { first, last } = rangeOf(cidr);
  return isWithinCidr(first, network) && isWithinCidr(last, network);
}

/** The static pods of a control plane's component. */
async function componentPods({ core }: Kubernetes, component: string): Promise<V1Pod[]> {
  return (await core.listNamespacedPod({ namespace: 'kube-system', labelSelector: `component=${component}` })).items;
}

/** The value of a flag on a pod's command line. */
function argumentOf({ spec }: V1Pod, flag: string): string | undefined {
  return spec?.containers
    .flatMap(({ command = [], args = [] }) => [...command, ...args])
    .find((each) => each.startsWith(flag))
    ?.slice(flag.length);
}

/** As kube-proxy was told: by its configuration file, or by its command line. */
async function proxyRange({ kubernetes }: Pick<Cluster, 'kubernetes'>): Promise<string> {
  const [sets, maps] = await Promise.all([
    kubernetes.apps.listNamespacedDaemonSet({ namespace: 'kube-system' }),
    kubernetes.core.listNamespacedConfigMap({ namespace: 'kube-system' }),
  ]);
  const container = sets.items.find(({ metadata }) => metadata?.name === 'kube-proxy')?.spec?.template.spec?.containers[0];
  const argument = [...(container?.command ?? []), ...(container?.args ?? [])].find((each) => each.startsWith('--cluster-cidr='));
  if (argument !== undefined) return argument.replace('--cluster-cidr=', '');
  const text = Object.values(maps.items.find(({ metadata }) => metadata?.name === 'kube-proxy')?.data ?? {}).join('\n');
  return /clusterCIDR:\s*"?([\d./]+)/.exec(text)?.[1] ?? 'not set';
}

check(requirements['NET-POD-CIDR-DISJOINT'], async (context) => {
  const { cluster, observe, control } = context;
  const { kubernetes, documented } = cluster;
  const [pools, balanced, servers, planted] = await Promise.all([
    ipPools(kubernetes),
    balancedRanges(kubernetes),
    componentPods(kubernetes, 'kube-apiserver'),
    plantedPool(context, documented.lan.cidr),
  ]);
  const [podRanges, plantedRange] = [pools, [planted]].map((all) =>
    all.filter(({ spec }) => !spec.cidr.includes(':')).map(({ metadata, spec }) => ({ name: `pods (${metadata.name})`, range: spec.cidr })),
  );
  const served = [...new Set(servers.flatMap((pod) => argumentOf(pod, '--service-cluster-ip-range=') ?? []))];
  const documentedRanges = Object.entries({ lan: documented.lan.cidr, ...documented.adminSources });
  const fixed = [
    { name: 'Services', range: documented.serviceCidr },
    ...served.filter((range) => range !== documented.serviceCidr).map((range) => ({ name: 'Services (API server)', range })),
    ...documentedRanges.map(([name, range]) => ({ name, range })),
  ];
  const ranges = [...(podRanges ?? []), ...fixed];
  observe(noneOf('ranges that overlap', { saw: overlaps(ranges) }));
  const { admin, tenant } = documented.pools;
  const given = [...balanced, { name: 'load balancer (guide)', range: `${admin.first}-${tenant.last}` }];
  // The load balancer's addresses are part of the LAN by design (guide: Service Ranges); of nothing else.
  observe(
    noneOf("ranges that overlap with the load balancer's", {
      saw: given
        .flatMap((each) => overlaps([each, ...ranges.filter(({ name }) => name !== 'lan')]))
        .filter((text) => text.includes('load balancer')),
    }),
  );
  const found = overlaps([...(plantedRange ?? []), ...fixed]);
  control({
    subject: "a pool of the LAN's addresses that the API would take (dry run), beside the same ranges",
    vantage: atApi,
    expected: 'reported beside the LAN',
    saw: found.join('; ') || 'not reported',
    held: found.includes(`pods (${planted.metadata.name}) and lan`),
  });
});
