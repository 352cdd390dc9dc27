import { promised } from '../../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { announcingNodes } from '../../../harness/platform/metallb/load-balancer.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { type Claim, reach } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { fromGroup, fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { check } from '../check.ts';
import { atNodes, controlPlanes, portOf, workers } from '../documented-nodes.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { requirements } from '../requirements.ts';
import { firewallState } from './firewall-state.ts';
import { apiPort } from './range.ts';

/** Members of MetalLB's speakers find each other here (metallb.io: memberlist). */
const membersPort = 7946;
/** The kubelet's, etcd's for clients and for its members, and trustd's (guide: Network Requirements; etcd.io: --listen-peer-urls). */
const [kubeletPort, etcdPort, peersPort, trustdPort] = [10_250, 2379, 2380, 50_001];

check(requirements['ADM-TALOS-CLUSTER-LIVES'], async (context, { matrix, neutral }) => {
  const { cluster, connect, hint, observe } = context;
  hint(async () => 'talosctl -n NODE get nftableschain ingress -o yaml: which port of the cluster itself is missing (E06, E62)?');
  for (const { name, address } of cluster.documented.nodes) {
    const { inForce } = await firewallState(cluster, address);
    observe(equal(`packets to ${name} that no rule admits`, { expected: 'drop', saw: inForce, vantage: `Talos API of ${name}` }));
  }
  await connect([...measuredClaims(cluster, matrix), ...claimsAmongNodes(cluster)]);
  await Promise.all([nodesServe(context, neutral), etcdIsWell(context), everyNodeHasMetrics(context), speakersAgree(context)]);
});

/** Outsiders get no connection while VXLAN, kubelets, etcd and trustd have theirs, all in the instant of the matrix. */
function measuredClaims(cluster: Cluster, matrix: ConnectionMatrix): Claim[] {
  const { nodes } = cluster.documented;
  const members = controlPlanes(cluster);
  const from = (of: typeof nodes) => matrix.sources(fromHosts(...of.map(({ name }) => name)), of.length);
  const to = (port: number, of: typeof nodes) =>
    matrix.targets(
      toKind('node', (each) => each.port === port && of.some(({ name }) => name === each.node)),
      of.length,
    );
  const serverOn = (host: string) =>
    matrix.targets(
      toKind('host', (each) => each.host === host),
      1,
    );
  const unlike = matrix.targets(toKind('silent-port'), 1);
  const denied = { to: to(apiPort, nodes), targetAnswers: matrix.sources(fromHosts('admin'), 1) };
  const pods = { atLeast: 2 };
  return [
    matrix.denial({ ...denied, from: matrix.sources(fromHosts('outsider'), 1), sameSourceReaches: serverOn('lan') }),
    matrix.denial({ ...denied, from: matrix.sources(fromHosts('lan'), 1), sameSourceReaches: serverOn('admin') }),
    matrix.reach({
      from: matrix.sources(fromGroup('neutral'), pods),
      to: matrix.targets(
        toKind('pod', ({ group, protocol }) => group === 'neutral' && protocol === 'tcp'),
        pods,
      ),
      unlike,
    }),
    matrix.reach({ from: from(nodes), to: to(kubeletPort, nodes), unlike }),
    matrix.reach({ from: from(members), to: to(etcdPort, members), unlike }),
    matrix.reach({ from: from(nodes), to: to(trustdPort, members), unlike }),
  ];
}

/** Members of etcd and MetalLB's speakers reach each other; of every node, the port below has nobody. */
function claimsAmongNodes(cluster: Cluster): Claim[] {
  const { nodes } = cluster.documented;
  const members = controlPlanes(cluster);
  return [
    reach({ from: atNodes(members), to: portOf(members, peersPort, 'etcd, for its members,') }),
    reach({
      from: atNodes(nodes),
      to: portOf(nodes, membersPort, "MetalLB's speaker"),
      unlike: portOf(nodes, membersPort - 1, 'a port where nobody listens'),
    }),
  ];
}

/** Every node is Ready, its kubelet hands out logs, and on every worker a command runs in a pod. */
async function nodesServe({ cluster, observe, signal }: CheckContext, { pods }: EchoGroup): Promise<void> {
  const { kubernetes, documented } = cluster;
  const names = documented.nodes.map(({ name }) => name);
  const { items } = await kubernetes.core.listNode();
  observe(equal('nodes that are Ready', { expected: names, saw: items.filter(isReady).map(({ metadata }) => metadata?.name ?? '') }));
  const logs = await logsOfNodes(cluster, signal);
  observe({
    ...equal('nodes whose logs the API server reads', {
      expected: names,
      saw: logs.flatMap(({ node, was }) => (was === 'read' ? [node] : [])),
    }),
    ...lateIf(logs.some(({ was }) => was === 'late') && logs.every(({ was }) => was !== 'refused')),
  });
  const answered = await Promise.all(
    pods.map(async ({ place, pod, node }) => ((await kubernetes.run(place, 'hostname', signal)).trim() === pod ? [node] : [])),
  );
  observe(equal('workers where it runs a command in a pod', { expected: workers(cluster).map(({ name }) => name), saw: answered.flat() }));
}

/** Whether a node's kubelet hands out the log of a pod: kube-proxy runs on each. */
async function logsOfNodes(
  { kubernetes: { core, request } }: Cluster,
  signal: AbortSignal,
): Promise<{ node: string; was: 'read' | 'late' | 'refused' }[]> {
  const { items } = await core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'k8s-app=kube-proxy' });
  return Promise.all(
    items.map(async ({ metadata, spec }) => {
      const node = spec?.nodeName ?? '';
      const path = `/api/v1/namespaces/kube-system/pods/${metadata?.name}/log?tailLines=1`;
      const limit = AbortSignal.timeout(patience('answer'));
      try {
        const { status } = await request({ method: 'GET', path }, AbortSignal.any([signal, limit]));
        return { node, was: status === 200 ? 'read' : 'refused' };
      } catch (error) {
        signal.throwIfAborted();
        if (limit.aborted) return { node, was: 'late' };
        throw error;
      }
    }),
  );
}

async function etcdIsWell({ cluster, observe }: CheckContext): Promise<void> {
  const statuses = await Promise.all(
    controlPlanes(cluster).map(({ address }) => withTalos(cluster, (talos) => talos.node().etcdStatus(), { endpoints: [address] })),
  );
  const vantage = 'Talos API of the control planes';
  const leaders = new Set(statuses.map(({ leader }) => leader));
  observe(noneOf('errors of etcd', { saw: statuses.flatMap(({ errors }) => errors), vantage }));
  observe(equal('leaders of etcd that its members name', { expected: '1', saw: String(leaders.size), vantage }));
}

/** metrics-server lists every node that it reaches; what it does not list yet may come with its next scrapes. */
async function everyNodeHasMetrics({ cluster, observe, signal }: CheckContext): Promise<void> {
  const names = cluster.documented.nodes.map(({ name }) => name);
  let listed: string[] = [];
  const came = await inTime(() =>
    until('metrics of every node', { timeoutMs: patience('figures'), everyMs: 2000, signal }, async () => {
      const { body } = await cluster.kubernetes.request({ method: 'GET', path: '/apis/metrics.k8s.io/v1beta1/nodes' }, signal);
      listed = ((body as { items?: { metadata: { name: string } }[] }).items ?? []).map(({ metadata }) => metadata.name);
      return names.every((name) => listed.includes(name)) ? { done: true } : { notYet: listed.join(', ') };
    }),
  );
  observe({ ...equal('nodes with metrics', { expected: names, saw: listed }), ...lateIf(came.kind === 'late') });
}

async function speakersAgree({ cluster, observe, signal }: CheckContext): Promise<void> {
  const options = { timeoutMs: promised.adminAccess.announcerAgreedMs, signal };
  const announcers = await announcingNodes(cluster.kubernetes, { namespace: 'canine', name: 'canine' }, options);
  observe({
    subject: 'speakers that announce canine/canine',
    vantage: 'Kubernetes API',
    expected: 'one, as all agree',
    saw: announcers.join(', ') || 'none',
    held: announcers.length === 1,
    ...lateIf(announcers.length === 0),
  });
}
