import { promised } from '../../guide/limits.ts';
import { patience } from '../../harness/engine/patience.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { check } from '../fixtures/check.ts';
import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { EchoGroup } from '../fixtures/echo-group.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import { type Destination, atHost, denial, reach } from '../../harness/probe/claims.ts';
import { answerInTime } from '../../harness/probe/first-answer.ts';
import { reached } from '../../harness/probe/probe.ts';
import { acrossNodes, fromPod } from './across-nodes.ts';
import { type AnnouncedService, announcedServices } from './metallb/announced-services.ts';
import { usages } from './metrics/resource-metrics.ts';
import { inTime } from '../fixtures/in-time.ts';
import { requirements } from './requirements.ts';
import { allAnswered, routed } from './service-routing.ts';

/** Guide, Step 3: Talos API; MetalLB's member list; the kubelet (E62). */
const ports = { talos: 50_000, members: 7946, kubelet: 10_250 };
const felix = { namespace: 'calico-system', selector: 'k8s-app=calico-node' };
const outsideAttempts = 30;

/**
 * What was connected before a firewall came may go on behind it, so all that is asked here is new: Calico's agents are
 * restarted, the pods and the Service are made afterwards, and each attempt has its own connection.
 */
check(requirements['NET-FIREWALL-CLUSTER'], async (context) => {
  const { hint } = context;
  hint(async () => 'talosctl -n NODE get nftableschains: is the port that failed open to the nodes (E62: 4789, 5473, 7946, 10250)?');
  await inForce(context);
  await restartFelix(context);
  const { group, services } = await announcedServices(context, 1);
  await Promise.all([
    acrossNodes(context, group),
    betweenNodes(context, group),
    freshMetrics(context),
    ...services.map((service) => fromOutside(context, group, service)),
  ]);
  await routed(context, group);
});

/** Throws where there is no firewall to judge; where it is half there, the denials tell. */
async function inForce({ cluster, connect, signal }: CheckContext): Promise<void> {
  const { nodes } = cluster.documented;
  const [outsider, admin] = [atHost('outsider'), atHost('admin')];
  const apis = nodes.map(({ name, address }): Destination => ({
    name: `the Talos API of ${name}`,
    target: { kind: 'tcp', host: address, port: ports.talos },
  }));
  const outcomes = await cluster.probe(
    outsider.place,
    apis.map(({ target }) => target),
    signal,
  );
  const open = nodes.filter((_, index) => outcomes[index] !== undefined && reached(outcomes[index]));
  if (open.length > 0)
    throw new Error(`an outsider reaches the Talos API of ${open.map(({ name }) => name).join(', ')}: there is no firewall to judge`);
  const beyond: Destination = { name: 'a host beyond the gateway', target: { kind: 'http', url: 'http://example.com/' } };
  await connect([denial({ from: outsider, to: apis, sameSourceReaches: beyond, targetAnswers: admin })]);
}

async function restartFelix({ cluster: { kubernetes, documented }, changes, observe, signal }: CheckContext): Promise<void> {
  await changes.awaitDaemonSet({ namespace: felix.namespace, name: 'calico-node' });
  const { items } = await kubernetes.core.listNamespacedPod({ namespace: felix.namespace, labelSelector: felix.selector });
  await Promise.all(
    items.map(({ metadata }) => kubernetes.core.deleteNamespacedPod({ namespace: felix.namespace, name: metadata?.name ?? '' })),
  );
  const again = await inTime(() =>
    readyPods(kubernetes, { ...felix, count: documented.nodes.length, timeoutMs: patience('agentsRestarted') }, signal),
  );
  observe({
    ...equal("Calico's agents, restarted", {
      expected: `${documented.nodes.length} Ready`,
      saw: again.kind === 'done' ? `${again.value.length} Ready` : again.text,
    }),
    ...lateIf(again.kind === 'late'),
  });
}

/** What E62 names: the speakers' member list from node to node, the kubelet from pods; and cluster DNS. */
async function betweenNodes(context: CheckContext, { pods }: EchoGroup): Promise<void> {
  const { nodes, dnsServiceAddress } = context.cluster.documented;
  const of = (what: string, port: number, { name, address }: (typeof nodes)[number]): Destination => ({
    name: `the ${what} on ${name}`,
    target: { kind: 'tcp', host: address, port },
  });
  const dns: Destination = {
    name: 'cluster DNS',
    target: { kind: 'dns', server: dnsServiceAddress, name: 'kubernetes.default.svc.cluster.local', over: 'udp' },
  };
  await context.connect([
    ...nodes.map((from) =>
      reach({ from: atHost(from.name), to: nodes.filter((to) => to !== from).map((to) => of('speaker', ports.members, to)) }),
    ),
    ...pods.map((pod) => reach({ from: fromPod(pod), to: [...nodes.map((to) => of('kubelet', ports.kubelet, to)), dns] })),
  ]);
}

async function freshMetrics({ cluster: { kubernetes, documented }, observe, signal }: CheckContext): Promise<void> {
  const minuteAgo = Date.now() - promised.network.metricsAgeMs;
  const nodes = await usages(kubernetes, 'nodes', signal);
  const fresh = nodes.filter(({ at }) => at.getTime() > minuteAgo).map(({ name }) => name);
  const names = documented.nodes.map(({ name }) => name);
  observe({
    ...equal('nodes with figures of the last minute', { expected: names, saw: fresh, vantage: atApi }),
    ...lateIf(names.some((name) => !fresh.includes(name))),
  });
}

/** After the first answer, which kube-proxy and MetalLB have their time for, all get one. */
async function fromOutside({ cluster, observe, signal }: CheckContext, { pods }: EchoGroup, { url }: AnnouncedService): Promise<void> {
  const first = await answerInTime(
    cluster,
    { subject: `first answer of ${url}`, from: { host: 'outsider' }, to: { kind: 'http', url } },
    { timeoutMs: promised.network.addressAnswersMs, signal },
  );
  observe({ ...first, key: 'first answer of a new Service from outside' });
  const outcomes = await cluster.probe(
    { host: 'outsider' },
    Array.from({ length: outsideAttempts }, () => ({ kind: 'http' as const, url })),
    signal,
  );
  for (const measured of allAnswered(url, { outcomes, pods, vantage: 'outsider', key: 'a new Service from outside' })) observe(measured);
}
