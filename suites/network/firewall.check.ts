import { attempt } from '../../harness/engine/attempt.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { check } from '../fixtures/check.ts';
import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { EchoGroup } from '../fixtures/echo-group.ts';
import { atApi, equal } from '../../harness/engine/measured.ts';
import { type Connection, connections } from '../../harness/probe/connections.ts';
import { answerInTime } from '../../harness/probe/first-answer.ts';
import { reached } from '../../harness/probe/probe.ts';
import { acrossNodes } from './across-nodes.ts';
import { type AnnouncedService, announcedServices } from './metallb/announced-services.ts';
import { usages } from './metrics/resource-metrics.ts';
import { requirements } from './requirements.ts';
import { allAnswered, routed } from './service-routing.ts';

/** Guide, Step 3: Talos API; MetalLB's member list; the kubelet (E62). */
const ports = { talos: 50_000, members: 7946, kubelet: 10_250 };
const felix = { namespace: 'calico-system', selector: 'k8s-app=calico-node' };
const outsideAttempts = 30;
/** They start at the same time on machines that have little to spare; the register has no time for it. */
const restartedMs = 150_000;
/** Time within which a new Service answers from outside: kube-proxy programs it (NET-KUBE-PROXY), MetalLB announces it (NET-LB-AUTO). */
const publishedMs = 10_000;

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

/** Throws where there is no firewall to judge. */
async function inForce(context: CheckContext): Promise<void> {
  const { nodes } = context.cluster.documented;
  const outcomes = await connections(context, [
    ...nodes.map(({ name, address }): Connection => ({
      role: 'control',
      from: { host: 'outsider' },
      to: { kind: 'tcp', host: address, port: ports.talos },
      name: `the Talos API of ${name}`,
      expect: 'denied',
    })),
    ...nodes.map(({ name, address }): Connection => ({
      role: 'control',
      from: { host: 'admin' },
      to: { kind: 'tcp', host: address, port: ports.talos },
      name: `the Talos API of ${name}`,
      expect: 'reached',
    })),
  ]);
  const open = nodes.filter((_, index) => outcomes[index] !== undefined && reached(outcomes[index]));
  if (open.length > 0)
    throw new Error(`an outsider reaches the Talos API of ${open.map(({ name }) => name).join(', ')}: there is no firewall to judge`);
}

async function restartFelix({ cluster: { kubernetes, documented }, changes, observe, signal }: CheckContext): Promise<void> {
  await changes.awaitDaemonSet({ namespace: felix.namespace, name: 'calico-node' });
  const { items } = await kubernetes.core.listNamespacedPod({ namespace: felix.namespace, labelSelector: felix.selector });
  await Promise.all(
    items.map(({ metadata }) => kubernetes.core.deleteNamespacedPod({ namespace: felix.namespace, name: metadata?.name ?? '' })),
  );
  const again = await attempt(signal, () =>
    readyPods(kubernetes, { ...felix, count: documented.nodes.length, timeoutMs: restartedMs }, signal),
  );
  observe(
    equal("Calico's agents, restarted", {
      expected: `${documented.nodes.length} Ready`,
      saw: again.kind === 'done' ? `${again.value.length} Ready` : again.text,
    }),
  );
}

/** What E62 names: the speakers' member list from node to node, the kubelet from pods; and cluster DNS. */
async function betweenNodes(context: CheckContext, { pods }: EchoGroup): Promise<void> {
  const { nodes, dnsServiceAddress } = context.cluster.documented;
  await connections(context, [
    ...nodes.flatMap((from) =>
      nodes
        .filter((to) => to !== from)
        .map((to): Connection => ({
          role: 'observation',
          from: { host: from.name },
          to: { kind: 'tcp', host: to.address, port: ports.members },
          name: `the speaker on ${to.name}`,
          expect: 'reached',
        })),
    ),
    ...pods.flatMap(({ place }) =>
      nodes.map((to): Connection => ({
        role: 'observation',
        from: place,
        to: { kind: 'tcp', host: to.address, port: ports.kubelet },
        name: `the kubelet on ${to.name}`,
        expect: 'reached',
      })),
    ),
    ...pods.map(({ place }): Connection => ({
      role: 'observation',
      from: place,
      to: { kind: 'dns', server: dnsServiceAddress, name: 'kubernetes.default.svc.cluster.local', over: 'udp' },
      name: 'cluster DNS',
      expect: 'reached',
    })),
  ]);
}

async function freshMetrics({ cluster: { kubernetes, documented }, observe, signal }: CheckContext): Promise<void> {
  const minuteAgo = Date.now() - 60_000;
  const nodes = await usages(kubernetes, 'nodes', signal);
  observe(
    equal('nodes with figures of the last minute', {
      expected: documented.nodes.map(({ name }) => name),
      saw: nodes.filter(({ at }) => at.getTime() > minuteAgo).map(({ name }) => name),
      vantage: atApi,
    }),
  );
}

/** After the first answer, which kube-proxy and MetalLB have their time for, all get one. */
async function fromOutside({ cluster, observe, signal }: CheckContext, { pods }: EchoGroup, { url }: AnnouncedService): Promise<void> {
  observe(
    await answerInTime(
      cluster,
      { subject: `first answer of ${url}`, from: { host: 'outsider' }, to: { kind: 'http', url } },
      { timeoutMs: publishedMs, signal },
    ),
  );
  const outcomes = await cluster.probe(
    { host: 'outsider' },
    Array.from({ length: outsideAttempts }, () => ({ kind: 'http' as const, url })),
    signal,
  );
  for (const measured of allAnswered(url, { outcomes, pods, vantage: 'outsider' })) observe(measured);
}
