import { nonce } from '../../harness/engine/stable-key.ts';
import type { V1Pod } from '@kubernetes/client-node';
import ipaddr from 'ipaddr.js';
import type { Measured } from '../../harness/engine/evidence.ts';
import { check } from '../fixtures/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { type IpPool, balancedRanges, ipPools } from '../../harness/platform/calico/address-ranges.ts';
import { overlaps } from '../../guide/overlaps.ts';
import { connectionMatrix } from '../fixtures/connection-matrix.ts';
import { type EchoPod, onEveryWorker, startEchoGroup } from '../fixtures/echo-group.ts';
import { neutral } from '../fixtures/groups.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { connections } from '../../harness/probe/connections.ts';
import { answerInTime } from '../../harness/probe/first-answer.ts';
import { startListener } from '../../harness/probe/listener.ts';
import { readCells } from '../../harness/probe/matrix.ts';
import { blocked } from '../../harness/probe/probe.ts';
import { acrossNodes } from './across-nodes.ts';
import { requirements } from './requirements.ts';

check(requirements['NET-POD-CIDR'], async ({ cluster, observe, control, hint }) => {
  hint(async () => 'kubectl get ippools -o yaml: which ranges are enabled?');
  const { kubernetes, documented } = cluster;
  const [pools, managers, proxy, nodes] = await Promise.all([
    ipPools(kubernetes),
    kubernetes.core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'component=kube-controller-manager' }),
    proxyRange(cluster),
    kubernetes.core.listNode(),
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
      saw: managers.items.map(({ spec }) => spec?.nodeName ?? ''),
    }),
  );
  for (const pod of managers.items)
    observe(
      equal(`cluster CIDR of ${pod.metadata?.name}`, {
        expected: documented.podCidr,
        saw: argumentOf(pod, '--cluster-cidr=') ?? 'not set',
      }),
    );
  observe(equal('cluster CIDR of kube-proxy', { expected: documented.podCidr, saw: proxy }));
  const range = ipaddr.IPv4.parseCIDR(documented.podCidr);
  observe(
    noneOf(`pod ranges of nodes outside ${documented.podCidr}`, {
      saw: nodes.items.flatMap(({ metadata, spec }) =>
        spec?.podCIDR === undefined || ipaddr.IPv4.parseCIDR(spec.podCIDR)[0].match(range) ? [] : [`${metadata?.name} ${spec.podCIDR}`],
      ),
    }),
  );
  const planted = judged([...pools, { spec: { cidr: '192.168.0.0/16' } }]);
  control({
    subject: "the same pools and Calico's default 192.168.0.0/16, by the same comparison",
    vantage: 'this check',
    expected: 'reported',
    saw: planted.held ? 'not reported' : `reported: ${planted.saw}`,
    held: !planted.held,
  });
});

/** What a pod's command line says behind a flag. */
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

check(requirements['NET-POD-IP'], async ({ cluster, observe, control, signal }) => {
  const { kubernetes, documented } = cluster;
  const { pods } = await neutral();
  control(onEveryWorker(cluster, pods));
  const { items } = await kubernetes.core.listPodForAllNamespaces();
  const running = items.filter(({ status }) => status?.phase === 'Running' && status.podIP !== undefined);
  const [onHost, own] = [
    running.filter(({ spec }) => spec?.hostNetwork === true),
    running.filter(({ spec }) => spec?.hostNetwork !== true),
  ];
  const range = ipaddr.IPv4.parseCIDR(documented.podCidr);
  observe(
    noneOf(`pods with an address outside ${documented.podCidr}`, {
      saw: own
        .filter(({ status }) => !ipaddr.IPv4.parse(status?.podIP ?? '0.0.0.0').match(range))
        .map(({ metadata, status }) => `${metadata?.namespace}/${metadata?.name} ${status?.podIP}`),
    }),
  );
  const addresses = own.map(({ status }) => status?.podIP ?? '');
  observe(noneOf('addresses that two pods have', { saw: addresses.filter((address, index) => addresses.indexOf(address) !== index) }));
  const inside = await Promise.all(
    pods.map(async (pod) => ({
      ...pod,
      eth0:
        /inet ([\d.]+)\//.exec(await kubernetes.run(pod.place, 'ip -4 -o addr show eth0 2>/dev/null || ifconfig eth0', signal))?.[1] ??
        'none',
    })),
  );
  for (const { node, pod, address, eth0 } of inside)
    observe(equal(`address of eth0 in ${pod}`, { expected: address, saw: eth0, vantage: `pod on ${node}` }));
  const nodes = documented.nodes.map(({ address }) => address);
  control({
    subject: 'pods on the host network',
    vantage: atApi,
    expected: 'some, with addresses of nodes',
    saw: `${onHost.length}, at ${[...new Set(onHost.map(({ status }) => status?.podIP ?? ''))].toSorted().join(', ')}`,
    held: onHost.length > 0 && onHost.every(({ status }) => nodes.includes(status?.podIP ?? '')),
  });
});

check(requirements['NET-POD-CIDR-DISJOINT'], async ({ cluster, observe, control }) => {
  const { kubernetes, documented } = cluster;
  const [pools, live, { items: servers }] = await Promise.all([
    ipPools(kubernetes),
    balancedRanges(kubernetes),
    kubernetes.core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'component=kube-apiserver' }),
  ]);
  const balanced = [...live, { name: 'load balancer (guide)', range: `${documented.pools.admin.first}-${documented.pools.tenant.last}` }];
  const served = [...new Set(servers.flatMap((pod) => argumentOf(pod, '--service-cluster-ip-range=') ?? []))];
  const fixed = { lan: documented.lan.cidr, ...documented.adminSources };
  const ranges = [
    ...pools.map(({ metadata, spec }) => ({ name: `pods (${metadata.name})`, range: spec.cidr })),
    { name: 'Services', range: documented.serviceCidr },
    ...served.filter((range) => range !== documented.serviceCidr).map((range) => ({ name: 'Services (API server)', range })),
    ...Object.entries(fixed).map(([name, range]) => ({ name, range })),
  ];
  observe(noneOf('ranges that overlap', { saw: overlaps(ranges) }));
  // The load balancer's addresses are part of the LAN by design (guide: Service Ranges); of nothing else.
  observe(
    noneOf("ranges that overlap with the load balancer's", {
      saw: balanced
        .flatMap((each) => overlaps([each, ...ranges.filter(({ name }) => name !== 'lan')]))
        .filter((text) => text.includes('load balancer')),
    }),
  );
  control(
    equal('192.168.0.0/16 beside the LAN, by the same code', {
      expected: 'planted and lan',
      saw: overlaps([
        { name: 'planted', range: '192.168.0.0/16' },
        { name: 'lan', range: documented.lan.cidr },
      ]).join('; '),
      vantage: 'this check',
    }),
  );
});

check(requirements['NET-POD-CROSS-NODE'], async (context) => {
  await acrossNodes(context, await neutral());
});

check(
  requirements['NET-NODE-POD'],
  async (context) => {
    const { nodes } = context.cluster.documented;
    const [matrix, { pods }] = await Promise.all([connectionMatrix(), neutral()]);
    context.control(onEveryWorker(context.cluster, pods));
    const elsewhere = (name: string): EchoPod[] => pods.filter(({ node }) => node !== name);
    await readCells(
      context,
      matrix,
      nodes.flatMap(({ name }) =>
        elsewhere(name).map(({ node }) => ({
          role: 'observation' as const,
          from: name,
          to: `neutral pod on ${node}`,
          expect: 'reached' as const,
        })),
      ),
    );
    await readCells(
      context,
      matrix,
      pods.flatMap(({ node }) =>
        nodes.map(({ name }) => ({
          role: 'observation' as const,
          from: `neutral on ${node}`,
          to: `${name}:10250`,
          expect: 'reached' as const,
        })),
      ),
    );
    const refused = await Promise.all(
      nodes.map(({ name }) =>
        context.cluster.probe({ host: name }, [{ kind: 'tcp', host: elsewhere(name)[0]?.address ?? '', port: 8079 }], context.signal),
      ),
    );
    for (const [index, [outcome]] of refused.entries())
      context.control(
        equal('a port of a pod where nobody listens', {
          expected: 'refused',
          saw: outcome?.kind ?? 'not tried',
          vantage: nodes[index]?.name ?? '',
        }),
      );
  },
  { uses: ['connection-matrix'] },
);

/** In the lab a host beyond the gateway, elsewhere whatever the vantage stands for. */
const beyond = 'outsider';
const listenerPort = 18_081;

check(requirements['NET-POD-EGRESS'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl get ippools -o yaml: natOutgoing');
  const { pods } = await neutral();
  control(onEveryWorker(cluster, pods));
  const nodeOf = (name: string): string => cluster.documented.nodes.find((node) => node.name === name)?.address ?? 'unknown';
  const listener = await startListener(cluster, beyond, { port: listenerPort, maxSeconds: 60 }, signal);
  try {
    const url = `http://${listener.address}:${listener.port}/clientip`;
    const seen = await Promise.all(
      pods.flatMap(({ place, node }) =>
        [place, { host: node }].map(async (from) => ({
          from,
          node,
          outcome: (await cluster.probe(from, [{ kind: 'http', url }], signal))[0],
        })),
      ),
    );
    for (const { from, node, outcome } of seen) {
      const saw = outcome?.kind === 'answered' ? outcome.body.replace(/:\d+$/, '') : (outcome?.kind ?? 'not tried');
      const measured = equal(`who ${beyond} sees`, { expected: nodeOf(node), saw, vantage: cluster.placeText(from) });
      if ('host' in from) control(measured);
      else observe(measured);
    }
  } finally {
    await listener.stop();
  }
});

/** Register: the guide gives no time within which a policy acts. */
const policyActsMs = 10_000;

check(requirements['NET-POLICY-ENFORCED'], async (context) => {
  const { cluster, changes, observe, signal } = context;
  const { kubernetes } = cluster;
  const namespace = `conform-policy-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const [own, { pods }] = await Promise.all([startEchoGroup({ cluster, changes, signal }, { namespace }), neutral()]);
  const [target] = own.pods;
  const [, source] = pods;
  const attempt = { from: source.place, to: target.tcp };
  observe(
    await answerInTime(
      cluster,
      { subject: `first connection ${source.pod} -> ${target.pod} without a policy`, ...attempt },
      { timeoutMs: policyActsMs, signal },
    ),
  );
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'conform-deny', namespace } };
  await changes.create({
    ...policy,
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
  } as never);
  observe(
    await answerInTime(
      cluster,
      { subject: 'first denied connection after the policy was made', ...attempt },
      { timeoutMs: policyActsMs, signal, until: blocked },
    ),
  );
  await connections(context, [
    { role: 'observation', ...attempt, name: 'a pod behind a default deny', expect: 'denied' },
    { role: 'control', from: source.place, to: pods[0].tcp, name: 'a pod without a policy', expect: 'reached' },
    { role: 'control', from: own.pods[1].place, to: target.tcp, name: 'the same pod, from whom the policy allows', expect: 'reached' },
  ]);
  await kubernetes.raw.delete(policy, {}, signal);
  observe(
    await answerInTime(
      cluster,
      { subject: 'first connection after the policy was removed', ...attempt },
      { timeoutMs: policyActsMs, signal },
    ),
  );
});
