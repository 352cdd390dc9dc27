import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type Attempt, attempt } from '../../harness/attempt.ts';
import { check, cluster } from '../../harness/check.ts';
import { createFrom, deleteAll, readyPods } from '../../harness/cluster/kubernetes.ts';
import { announcingNodes, assignedAddress } from '../../harness/cluster/load-balancer.ts';
import { isWithin } from '../../harness/cluster/address.ts';
import { arpOwners } from '../../harness/vantage/arp.ts';
import { firstAnswer } from '../../harness/vantage/first-answer.ts';
import { connections } from '../../harness/vantage/connections.ts';
import { requirements } from './requirements.ts';

const namespace = `conform-lb-${randomBytes(3).toString('hex')}`;
const service = { namespace, name: 'web' };
let assigned: Attempt<string>;
let created: Awaited<ReturnType<typeof createFrom>> = [];

beforeAll(async () => {
  const { kubernetes, documented } = cluster();
  const { signal } = new AbortController();
  created = await createFrom(kubernetes, `${import.meta.dirname}/load-balancer.yaml`, { NAMESPACE: namespace });
  const workers = documented.nodes.filter(({ role }) => role === 'worker');
  await readyPods(kubernetes, { namespace, selector: 'app=web', count: workers.length }, signal);
  // Guide: no time is given for an address; the register asks for 10 s.
  assigned = await attempt(signal, () => assignedAddress(kubernetes, service, { timeoutMs: 10_000, signal }));
}, 90_000);

afterAll(() => deleteAll(cluster().kubernetes, created.slice(0, 1)));

check(requirements['NET-LB-AUTO'], async (context) => {
  const { tenant } = context.cluster.documented.pools;
  context.hint(async () => 'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: which pool gave the address, and is it announced?');
  const address = assigned.kind === 'done' ? assigned.value : assigned.text;
  context.observe({ subject: `address of ${namespace}/web`, vantage: 'Kubernetes API', expected: `within ${tenant.first}-${tenant.last}`, saw: address, held: isWithin(address, tenant) });
  if (assigned.kind === 'failed') return;
  const url = `http://${address}/hostname`;
  const from = { host: 'outsider' };
  const after = await firstAnswer(context.cluster, { from, to: { kind: 'http', url } }, { timeoutMs: 10_000, signal: context.signal });
  context.observe({ subject: `first answer of ${url}`, vantage: 'outsider', expected: 'within 10 s', saw: after.text, held: after.answered });
  const pods = await context.cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
  const names = pods.items.map(({ metadata }) => metadata?.name ?? '');
  const [outside] = await connections(context, [
    { role: 'observation', from, to: { kind: 'http', url }, name: 'the Service', expect: { status: 200 } },
    { role: 'observation', from: { host: 'admin' }, to: { kind: 'http', url }, name: 'the Service', expect: { status: 200 } },
    { role: 'control', from, to: { kind: 'tcp', host: tenant.last, port: 80 }, name: 'an address nobody was given', expect: 'not-reached' },
    { role: 'control', from, to: { kind: 'http', url: 'http://example.com/' }, name: 'a host beyond the gateway', expect: { status: 200 } },
  ]);
  const body = outside?.kind === 'answered' ? outside.body : 'nothing';
  context.observe({ subject: `who answers at ${address}`, vantage: 'outsider', expected: `one of the pods ${names.join(', ')}`, saw: body, held: names.includes(body) });
});

check(requirements['NET-LB-ANNOUNCE'], async ({ cluster: { kubernetes, documented }, cluster: at, observe, control, hint, signal }) => {
  hint(async () => 'kubectl get l2advertisements,ipaddresspools -n metallb-system -o yaml: does l2-advert name a pool that exists?');
  if (assigned.kind === 'failed') throw new Error(assigned.text);
  const address = assigned.value;
  const named = await announcingNodes(kubernetes, service, { timeoutMs: 10_000, signal });
  const node = named.join(', ');
  const macs = new Map(await Promise.all(documented.nodes.map(async ({ name, address: own }) => [name, await arpOwners(at, own, signal)] as const)));
  const [answering, nobody] = await Promise.all([arpOwners(at, address, signal), arpOwners(at, documented.pools.tenant.last, signal)]);
  const expected = macs.get(node)?.join(', ') ?? 'the MAC of the node that MetalLB names';
  observe({ subject: `node that MetalLB names for ${address}`, vantage: 'Kubernetes API', expected: 'one node', saw: node || 'none', held: named.length === 1 });
  observe({ subject: `ARP for ${address}`, vantage: 'lan', expected: `only ${expected}`, saw: answering.join(', ') || 'no answer', held: answering.length === 1 && answering[0] === expected });
  for (const [name, own] of macs) control({ subject: `ARP for ${name}'s own address`, vantage: 'lan', expected: 'one answer', saw: own.join(', ') || 'no answer', held: own.length === 1 });
  control({ subject: `ARP for ${documented.pools.tenant.last}, which nobody was given`, vantage: 'lan', expected: 'no answer', saw: nobody.join(', ') || 'no answer', held: nobody.length === 0 });
});
