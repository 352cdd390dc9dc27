import { isIPv4 } from 'node:net';
import type { V1Service } from '@kubernetes/client-node';
import { isWithinCidr, nextAddress, rangeOf } from '../../guide/address.ts';
import { promised } from '../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import { type Outcome, type Target, outcomeText } from '../../harness/probe/probe.ts';
import { check } from '../fixtures/check.ts';
import { onEveryWorker } from '../fixtures/echo-group.ts';
import { worked } from '../../harness/probe/worked.ts';
import { requirements } from './requirements.ts';
import { routed } from './service-routing.ts';
import { makeSingleService } from './single-service.ts';

check(requirements['NET-SERVICE-CIDR'], async ({ cluster, changes, observe, control, signal }, { neutral: { namespace } }) => {
  const { kubernetes, documented } = cluster;
  const { serviceCidr } = documented;
  const { items } = await kubernetes.core.listServiceForAllNamespaces();
  const given = items.flatMap(({ metadata, spec }) =>
    spec?.clusterIP === undefined || spec.clusterIP === 'None'
      ? []
      : [{ name: `${metadata?.namespace}/${metadata?.name}`, address: spec.clusterIP }],
  );
  observe(
    noneOf(`Services with an address outside ${serviceCidr}`, {
      saw: given.filter(({ address }) => !isWithinCidr(address, serviceCidr)).map(({ name, address }) => `${name} ${address}`),
    }),
  );
  const addressOf = (name: string): string => given.find((each) => each.name === name)?.address ?? 'no such Service';
  observe(equal("the API's own Service", { expected: documented.apiServiceAddress, saw: addressOf('default/kubernetes') }));
  const dns = items
    .filter(({ metadata }) => metadata?.namespace === 'kube-system' && metadata.labels?.['k8s-app'] === 'kube-dns')
    .map(({ spec }) => spec?.clusterIP ?? '');
  observe(equal('the Service of cluster DNS', { expected: [documented.dnsServiceAddress], saw: dns }));
  const fresh = await makeSingleService(changes, { namespace, name: `conform-new-${nonce()}`, pod: 'nobody' });
  observe({
    subject: 'address of a new Service',
    vantage: atApi,
    expected: `in ${serviceCidr}`,
    saw: fresh,
    held: isWithinCidr(fresh, serviceCidr),
  });

  const asked = async (name: string, clusterIP?: string) => {
    const body: V1Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { ...(clusterIP === undefined ? {} : { clusterIP }), ports: [{ port: 80 }] },
    };
    return kubernetes.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/services?dryRun=All`, body }, signal);
  };
  const outside = nextAddress(rangeOf(serviceCidr).last);
  const free = freeAddress(
    given.map(({ address }) => address),
    serviceCidr,
  );
  const [refused, accepted, unasking] = await Promise.all([
    asked('conform-outside', outside),
    asked('conform-inside', free),
    asked('conform-any'),
  ]);
  observe({
    subject: `a Service that asks for ${outside}, the first address after the network`,
    vantage: atApi,
    expected: '422, naming the valid range',
    saw: `${refused.status} ${refused.message}`.trim(),
    held: refused.status === 422 && refused.message.includes(serviceCidr),
  });
  observe(equal('a Service that asks for a free address of the network', { expected: '201', saw: String(accepted.status) }));
  control(equal('the same Service when it asks for no address', { expected: '201', saw: String(unasking.status) }));
});

/** The last host address of the range that nobody has: the API gives out the upper part of a range first to those who ask for nothing. */
function freeAddress(taken: readonly string[], cidr: string): string {
  const last = rangeOf(cidr).last.split('.').map(Number);
  const candidates = [10, 20, 30, 40, 50].map((back) => [...last.slice(0, 3), (last[3] ?? 0) - back].join('.'));
  const free = candidates.find((address) => !taken.includes(address));
  if (free === undefined) throw new Error(`none of ${candidates.join(', ')} is free`);
  return free;
}

check(requirements['NET-SERVICE-ROUTING'], async (context, { neutral }) => {
  await routed(context, neutral);
});

check(requirements['NET-SERVICE-SOURCE'], async (context, { neutral: { namespace, pods } }) => {
  const { cluster, changes, observe, control, hint, signal } = context;
  hint(async () => "kubectl -n kube-system get cm kube-proxy -o yaml: is clusterCIDR the pods' network (kubectl get ippools -o yaml)?");
  const [server, ...clients] = pods;
  // Before the server alone: a pod that reaches itself by a Service is seen with its node's address (hairpin masquerading).
  const address = await makeSingleService(changes, { namespace, name: `conform-source-${nonce()}`, pod: server.pod });
  const url = `http://${address}/clientip`;
  control(onEveryWorker(cluster, pods));
  const timeoutMs = promised.network.serviceProgrammedMs;
  await Promise.all(
    clients.map(async ({ place }) => firstAnswer(cluster, { from: place, to: { kind: 'http', url } }, { timeoutMs, signal })),
  );
  const seen = await Promise.all(clients.map(async ({ place }) => seenAs(cluster.probe(place, many(url), signal))));
  for (const [index, client] of clients.entries())
    observe(
      equal(`source that the pod on ${server.node} sees when the pod on ${client.node} asks its Service`, {
        expected: [client.address],
        saw: seen[index] ?? [],
        vantage: `pod on ${client.node}`,
      }),
    );
  const [client] = clients;
  const [direct, node] = await Promise.all(
    [client.place, { host: client.node }].map((place) => seenAs(cluster.probe(place, many(`${server.url}/clientip`), signal))),
  );
  control(
    equal(`source that the pod on ${server.node} sees when the pod on ${client.node} asks its own address`, {
      expected: [client.address],
      saw: direct ?? [],
      vantage: `pod on ${client.node}`,
    }),
  );
  control({
    subject: `source that the pod on ${server.node} sees when node ${client.node} asks`,
    vantage: client.node,
    expected: "an address that is not the pod's",
    saw: node?.join(', ') ?? 'nobody',
    held: node?.length === 1 && isIPv4(node[0] ?? '') && !node.includes(client.address),
  });
});

/** Enough to meet another path, where there is one. */
const attempts = 5;

function many(url: string): Target[] {
  return Array.from({ length: attempts }, () => ({ kind: 'http', url }));
}

/** The addresses that agnhost's /clientip tells, without ports; an attempt without an answer by its outcome. */
async function seenAs(outcomes: Promise<Outcome[]>): Promise<string[]> {
  return [
    ...new Set((await outcomes).map(worked).map((each) => (each.kind === 'answered' ? each.body.replace(/:\d+$/, '') : outcomeText(each)))),
  ];
}
