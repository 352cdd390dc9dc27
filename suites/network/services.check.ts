import { nonce } from '../../harness/engine/stable-key.ts';
import { isIPv4 } from 'node:net';
import type { V1Service } from '@kubernetes/client-node';
import ipaddr from 'ipaddr.js';
import type { Changes } from '../../harness/engine/changes/changes.ts';
import { check } from '../fixtures/check.ts';
import { onEveryWorker } from '../fixtures/echo-group.ts';
import { neutral } from '../fixtures/groups.ts';
import { atApi, equal, lateIf, noneOf } from '../../harness/engine/measured.ts';
import { connections } from '../../harness/probe/connections.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import { type Outcome, type Target, outcomeText } from '../../harness/probe/probe.ts';
import { routed } from './service-routing.ts';
import { runningVersions } from './running-versions.ts';
import { requirements } from './requirements.ts';

/** kube-proxy programs a change within this time; chosen by the register, the guide gives none. */
const programmedMs = 10_000;

/** No Service of Kubernetes may have it, and it is no address of the documented network 10.96.0.0/12 (.112 is the first beyond). */
const outsideServiceNetwork = '10.112.0.1';

check(requirements['NET-SERVICE-CIDR'], async ({ cluster: { kubernetes, documented }, changes, observe, control, signal }) => {
  const { items } = await kubernetes.core.listServiceForAllNamespaces();
  const range = ipaddr.IPv4.parseCIDR(documented.serviceCidr);
  const isOutside = (address: string): boolean => !ipaddr.IPv4.parse(address).match(range);
  const addresses = items.flatMap(({ spec }) => (spec?.clusterIP === undefined || spec.clusterIP === 'None' ? [] : [spec.clusterIP]));
  observe(noneOf(`addresses of Services outside ${documented.serviceCidr}`, { saw: addresses.filter(isOutside) }));
  const named = (namespace: string, name: string): string =>
    items.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name)?.spec?.clusterIP ?? 'no such Service';
  observe(equal("the API's own Service", { expected: documented.apiServiceAddress, saw: named('default', 'kubernetes') }));
  const dns = items
    .filter(({ metadata }) => metadata?.namespace === 'kube-system' && metadata.labels?.['k8s-app'] === 'kube-dns')
    .map(({ spec }) => spec?.clusterIP ?? '');
  observe(equal('the Service of cluster DNS', { expected: [documented.dnsServiceAddress], saw: dns }));

  const { namespace } = await neutral();
  const service = (name: string, clusterIP?: string): V1Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ...(clusterIP === undefined ? {} : { clusterIP }), ports: [{ port: 80 }] },
  });
  const given = await serviceOf(changes, { namespace, name: `conform-new-${nonce()}`, pod: 'nobody' });
  observe({
    subject: 'address of a new Service',
    vantage: atApi,
    expected: `in ${documented.serviceCidr}`,
    saw: given,
    held: given !== 'none' && !isOutside(given),
  });
  const path = `/api/v1/namespaces/${namespace}/services?dryRun=All`;
  const refused = await kubernetes.request({ method: 'POST', path, body: service('conform-outside', outsideServiceNetwork) }, signal);
  observe({
    subject: `a Service that asks for ${outsideServiceNetwork}`,
    vantage: atApi,
    expected: '422, naming the valid range',
    saw: `${refused.status} ${refused.message}`.trim(),
    held: refused.status === 422 && refused.message.includes(documented.serviceCidr),
  });
  const free = freeAddress(addresses, documented.serviceCidr);
  const accepted = await kubernetes.request({ method: 'POST', path, body: service('conform-inside', free) }, signal);
  observe(equal(`a Service that asks for ${free}, which is free`, { expected: '201', saw: String(accepted.status) }));
  const unasking = await kubernetes.request({ method: 'POST', path, body: service('conform-any') }, signal);
  control(equal('the same Service when it asks for no address', { expected: '201', saw: String(unasking.status) }));
});

/** The last host address of the range that nobody has: the API gives out the upper part of a range first to those who ask for nothing. */
function freeAddress(taken: readonly string[], cidr: string): string {
  const last = ipaddr.IPv4.broadcastAddressFromCIDR(cidr).octets;
  const candidates = [10, 20, 30, 40, 50].map((back) => [...last.slice(0, 3), (last[3] ?? 0) - back].join('.'));
  const free = candidates.find((address) => !taken.includes(address));
  if (free === undefined) throw new Error(`none of ${candidates.join(', ')} is free`);
  return free;
}

check(requirements['NET-KUBE-PROXY'], async (context) => {
  const { cluster, changes, observe, signal } = context;
  const { kubernetes, documented } = cluster;
  const [versions, { namespace, pods }] = await Promise.all([
    runningVersions(kubernetes, { namespace: 'kube-system', selector: 'k8s-app=kube-proxy', container: 'kube-proxy' }),
    neutral(),
  ]);
  for (const { name } of documented.nodes)
    observe(equal(`kube-proxy that runs on ${name}`, { expected: documented.versions.kubernetes, saw: versions.get(name) ?? 'none' }));
  const [pod] = pods;
  await connections(
    context,
    documented.nodes.map(({ name }) => ({ role: 'control', from: { host: name }, to: pod.tcp, name: 'the pod itself', expect: 'reached' })),
  );

  const name = `conform-programmed-${nonce()}`;
  const to = { kind: 'tcp' as const, host: await serviceOf(changes, { namespace, name, pod: pod.pod }), port: 80 };
  const began = await Promise.all(
    documented.nodes.map(({ name: host }) => firstAnswer(cluster, { from: { host }, to }, { timeoutMs: programmedMs, signal })),
  );
  for (const [index, { answered, text }] of began.entries())
    observe({
      subject: 'first answer of a new Service',
      vantage: documented.nodes[index]?.name ?? '',
      expected: 'within 10 s',
      saw: text,
      held: answered,
      ...lateIf(!answered),
    });
  await changes.patch(
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } },
    { spec: { selector: { 'conform-pod': 'nobody' } } },
  );
  const ended = await Promise.all(
    documented.nodes.map(({ name: host }) =>
      firstAnswer(cluster, { from: { host }, to }, { timeoutMs: programmedMs, signal, until: isRejected }),
    ),
  );
  for (const [index, { answered, text }] of ended.entries())
    observe({
      subject: 'first rejected connection after its endpoints have gone',
      vantage: documented.nodes[index]?.name ?? '',
      expected: 'within 10 s',
      saw: text,
      held: answered,
    });
});

/** kube-proxy rejects connections to a Service that has nobody: by the kernel's words there is no route, or nobody listens. Silence is none of its doing. */
function isRejected({ kind }: Outcome): boolean {
  return kind === 'refused' || kind === 'unreachable';
}

/** A Service before one pod alone; returns its address. */
async function serviceOf(changes: Changes, { namespace, name, pod }: { namespace: string; name: string; pod: string }): Promise<string> {
  const made = await changes.create<V1Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { 'conform-pod': pod }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  return made.spec?.clusterIP ?? 'none';
}

check(requirements['NET-SERVICE-ROUTING'], async (context) => {
  await routed(context, await neutral());
});

check(requirements['NET-SERVICE-SOURCE'], async ({ cluster, changes, observe, control, hint, signal }) => {
  hint(async () => "kubectl -n kube-system get cm kube-proxy -o yaml: is clusterCIDR the pods' network (kubectl get ippools -o yaml)?");
  const { namespace, pods } = await neutral();
  const [server, ...clients] = pods;
  // Before the server alone: a pod that reaches itself by a Service is seen with its node's address (hairpin masquerading).
  const url = `http://${await serviceOf(changes, { namespace, name: `conform-source-${nonce()}`, pod: server.pod })}/clientip`;
  control(onEveryWorker(cluster, pods));
  await Promise.all(
    clients.map(async ({ place }) => firstAnswer(cluster, { from: place, to: { kind: 'http', url } }, { timeoutMs: programmedMs, signal })),
  );
  const seen = await Promise.all(clients.map(async ({ place }) => seenAs(cluster.probe(place, many(url), signal))));
  for (const [index, { address, node }] of clients.entries())
    observe(
      equal(`who ${server.pod} sees when it is asked at ${url}`, {
        expected: [address],
        saw: seen[index] ?? [],
        vantage: `pod on ${node}`,
      }),
    );
  const [client] = clients;
  if (client === undefined) throw new Error('an echo group has two pods at least');
  const [direct, node] = await Promise.all(
    [{ ...client.place }, { host: client.node }].map((place) => seenAs(cluster.probe(place, many(`${server.url}/clientip`), signal))),
  );
  control(
    equal(`who ${server.pod} sees when it is asked at its own address`, {
      expected: [client.address],
      saw: direct ?? [],
      vantage: `pod on ${client.node}`,
    }),
  );
  control({
    subject: `who ${server.pod} sees when node ${client.node} asks`,
    vantage: client.node,
    expected: "an address that is not the pod's",
    saw: node?.join(', ') ?? 'nobody',
    held: node?.length === 1 && isIPv4(node[0] ?? '') && !node.includes(client.address),
  });
});

function many(url: string): Target[] {
  return Array.from({ length: 5 }, () => ({ kind: 'http', url }));
}

/** The addresses that agnhost's /clientip tells, without ports; an attempt without an answer by its outcome. */
async function seenAs(outcomes: Promise<Outcome[]>): Promise<string[]> {
  return [...new Set((await outcomes).map((each) => (each.kind === 'answered' ? each.body.replace(/:\d+$/, '') : outcomeText(each))))];
}
