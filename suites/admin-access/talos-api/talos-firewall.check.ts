import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { announcingNodes } from '../../../harness/platform/metallb/load-balancer.ts';
import type { EtcdStatus } from '../../../harness/platform/talos/messages.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { neutral } from '../../fixtures/groups.ts';
import { atApi, equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { allowed, anchor, denied, every, sourcesOf, targetsLike } from '../../fixtures/cells.ts';
import { controlPlanes, workers } from '../documented-nodes.ts';
import { firewallState } from './firewall-state.ts';
import { requirements } from '../requirements.ts';
import { outsiders } from '../vantages.ts';

/** Members of MetalLB's speakers find each other here (metallb.io: memberlist). */
const membersPort = 7946;
/** Members of etcd find each other here (etcd.io: --listen-peer-urls). */
const peersPort = 2380;
/** metrics-server scrapes every kubelet once in 15 s (its manifest: --metric-resolution); a node it cannot reach is not listed. */
const scrapedMs = 40_000;

check(
  requirements['ADM-TALOS-CLUSTER-LIVES'],
  async (context) => {
    const { cluster, observe, signal } = context;
    const {
      kubernetes,
      documented: { nodes },
    } = cluster;
    const names = nodes.map(({ name }) => name);
    context.hint(async () => 'talosctl -n NODE get nftableschain ingress -o yaml: which port of the cluster itself is missing (E06, E62)?');
    const [matrix, { pods }] = await Promise.all([connectionMatrix(), neutral()]);

    const states = await Promise.all(nodes.map(({ address }) => firewallState(cluster, address)));
    for (const [index, state] of states.entries())
      observe(equal('what comes in and no rule admits', { expected: 'drop', saw: state.inForce, vantage: `Talos API of ${names[index]}` }));
    await readCells(context, matrix, [
      ...every(matrix, outsiders, targetsLike(matrix, /^\w+:50000$/), denied),
      ...every(matrix, ['admin'], targetsLike(matrix, /^\w+:50000$/), anchor),
      ...every(matrix, ['outsider'], ['lan server'], anchor),
      ...every(matrix, ['lan'], ['admin server'], anchor),
      // VXLAN between nodes, the kubelet for all nodes, etcd among control planes, trustd for all nodes.
      ...every(matrix, sourcesOf(matrix, 'neutral'), targetsLike(matrix, /^neutral pod on \w+$/), allowed),
      ...every(matrix, names, targetsLike(matrix, /^\w+:10250$/), allowed),
      ...every(
        matrix,
        controlPlanes(cluster).map(({ name }) => name),
        targetsLike(matrix, /^cp\d+:2379$/),
        allowed,
      ),
      ...every(matrix, names, targetsLike(matrix, /^cp\d+:50001$/), allowed),
    ]);
    const etcdMembers = controlPlanes(cluster);
    const peers = etcdMembers.flatMap(({ name }) =>
      etcdMembers.map((to): Connection => ({
        role: 'observation',
        from: { host: name },
        to: { kind: 'tcp', host: to.address, port: peersPort },
        name: `etcd of ${to.name}, for other members`,
        expect: 'reached',
      })),
    );
    const speakers = nodes.flatMap(({ name }): Connection[] =>
      nodes.flatMap((to): Connection[] => [
        {
          role: 'observation',
          from: { host: name },
          to: { kind: 'tcp', host: to.address, port: membersPort },
          name: `MetalLB's speaker on ${to.name}`,
          expect: 'reached',
        },
        {
          role: 'control',
          from: { host: name },
          to: { kind: 'tcp', host: to.address, port: membersPort - 1 },
          name: `a port of ${to.name} where nobody listens`,
          expect: 'not-reached',
        },
      ]),
    );
    await connections(context, [...speakers, ...peers]);

    const { items } = await kubernetes.core.listNode();
    observe(equal('nodes that are Ready', { expected: names, saw: items.filter(isReady).map(({ metadata }) => metadata?.name ?? '') }));
    const [logs, commands, etcd, metrics, announcers] = await Promise.all([
      logsOfNodes(cluster, signal),
      Promise.all(
        pods.map(({ place, pod }) => attempt(signal, async () => (await kubernetes.run(place, 'hostname', signal)).trim() === pod)),
      ),
      etcdStatuses(cluster),
      measuredNodes(cluster, names, signal),
      announcingNodes(kubernetes, { namespace: 'canine', name: 'canine' }, { timeoutMs: 5000, signal }),
    ]);
    observe({
      ...equal('nodes whose logs the API server reads', {
        expected: names,
        saw: logs.flatMap(({ node, was }) => (was === 'read' ? [node] : [])),
      }),
      ...lateIf(logs.some(({ was }) => was === 'late') && logs.every(({ was }) => was !== 'refused')),
    });
    observe(
      equal('workers where it runs a command in a pod', {
        expected: workers(cluster).map(({ name }) => name),
        saw: pods.filter((_, index) => commands[index]?.kind === 'done' && commands[index].value).map(({ node }) => node),
      }),
    );
    observe(noneOf('errors of etcd', { saw: etcd.flatMap(({ errors }) => errors), vantage: 'Talos API of the control planes' }));
    observe({
      ...equal('leaders of etcd that its members name', { expected: '1', saw: String(new Set(etcd.map(({ leader }) => leader)).size) }),
      vantage: 'Talos API of the control planes',
    });
    observe({
      ...equal('nodes with metrics', { expected: names, saw: metrics }),
      ...lateIf(names.some((name) => !metrics.includes(name))),
    });
    observe({
      subject: 'speakers that announce canine/canine',
      vantage: atApi,
      expected: 'one, as all agree',
      saw: announcers.join(', ') || 'none',
      held: announcers.length === 1,
      ...lateIf(announcers.length === 0),
    });
  },
  { uses: ['connection-matrix'] },
);

/** Whether a node's kubelet hands out the log of a pod: kube-proxy runs on each. */
async function logsOfNodes(
  { kubernetes: { core, request } }: Cluster,
  signal: AbortSignal,
): Promise<{ node: string; was: 'read' | 'late' | 'refused' }[]> {
  const { items } = await core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'k8s-app=kube-proxy' });
  return Promise.all(
    items.map(async ({ metadata, spec }) => {
      const limit = AbortSignal.timeout(10_000);
      const answer = await attempt(signal, () =>
        request(
          { method: 'GET', path: `/api/v1/namespaces/kube-system/pods/${metadata?.name}/log?tailLines=1` },
          AbortSignal.any([signal, limit]),
        ),
      );
      const failure = limit.aborted ? 'late' : 'refused';
      return { node: spec?.nodeName ?? '', was: answer.kind === 'done' && answer.value.status === 200 ? 'read' : failure };
    }),
  );
}

async function etcdStatuses(cluster: Cluster): Promise<EtcdStatus[]> {
  return Promise.all(
    controlPlanes(cluster).map(({ address }) => withTalos(cluster, (talos) => talos.node().etcdStatus(), { endpoints: [address] })),
  );
}

/** The nodes that metrics-server lists; waits for its next scrapes while some are missing. */
async function measuredNodes({ kubernetes }: Cluster, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  let listed: string[] = [];
  await attempt(signal, () =>
    until('metrics of every node', { timeoutMs: scrapedMs, everyMs: 2000, signal }, async () => {
      const { body } = await kubernetes.request({ method: 'GET', path: '/apis/metrics.k8s.io/v1beta1/nodes' }, signal);
      listed = ((body as { items?: { metadata: { name: string }; timestamp: string }[] }).items ?? []).map(({ metadata }) => metadata.name);
      return names.every((name) => listed.includes(name)) ? { done: true } : { notYet: listed.join(', ') };
    }),
  );
  return listed;
}

/** WireGuard port of KubeSpan (talos.dev: KubeSpan). */
const kubeSpanPort = 51_820;

check(requirements['ADM-TALOS-KUBESPAN-OFF'], async ({ cluster, observe, control }) => {
  const read = await Promise.all(
    cluster.documented.nodes.map(async ({ name, address }) => ({
      name,
      ...(await withTalos(
        cluster,
        async (talos) => {
          const node = talos.node();
          const [configs, links, ...sockets] = await Promise.all([
            node.list<{ enabled: boolean }>('kubespanconfigs'),
            node.list('links'),
            node.read('/proc/net/udp'),
            node.read('/proc/net/udp6'),
          ]);
          return {
            enabled: configs.map(({ spec }) => String(spec.enabled)),
            links: links.map(({ id }) => id),
            ports: sockets.flatMap((table) => udpPorts(table.toString())),
          };
        },
        { endpoints: [address] },
      )),
    })),
  );
  for (const { name, enabled, links, ports } of read) {
    const vantage = `Talos API of ${name}`;
    observe(noneOf('KubeSpan configurations that are enabled', { saw: enabled.filter((each) => each !== 'false'), vantage }));
    observe(noneOf('links of KubeSpan', { saw: links.filter((link) => link.startsWith('kubespan')), vantage }));
    observe(noneOf(`UDP sockets at ${kubeSpanPort}`, { saw: ports.filter((port) => port === kubeSpanPort).map(String), vantage }));
    control({
      subject: 'links and UDP sockets, by the same reading',
      vantage,
      expected: 'lo and others, and sockets',
      saw: `${links.length} links, ${ports.length} UDP sockets`,
      held: links.includes('lo') && links.length > 1 && ports.length > 0,
    });
  }
});

/** Local ports of a table of sockets (proc(5): /proc/net/udp; the local address is in hexadecimal, `ADDRESS:PORT`). */
function udpPorts(table: string): number[] {
  return [...table.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(([, port = '0']) => Number.parseInt(port, 16));
}
