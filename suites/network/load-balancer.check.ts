import type { V1Service } from '@kubernetes/client-node';
import { type CheckContext, check } from '../../harness/check.ts';
import { isWithin } from '../../harness/cluster/address.ts';
import { type AddressPool, addressPools, rangeText, rangesOf } from '../../harness/cluster/address-pools.ts';
import type { Cluster } from '../../harness/cluster/cluster.ts';
import { type ListedService, addressesGiven, allocationText, announcingNodes, isScratch, lastFreeAddresses, listedServices, loadBalancers, placeName } from '../../harness/cluster/load-balancer.ts';
import { neutral } from '../../harness/fixtures/groups.ts';
import { assignedWithinMs, unaskedService } from '../../harness/fixtures/unasked-service.ts';
import { atApi, equal, noneOf } from '../../harness/measured.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import { firstAnswer } from '../../harness/vantage/first-answer.ts';
import { type HttpTarget, type Target, outcomeText } from '../../harness/vantage/probe.ts';
import { requirements } from './requirements.ts';

const outsider = { host: 'outsider' };
const lan = { host: 'lan' };
/** The register's time for an address to answer and to be announced; the guide gives none. */
const settlesWithinMs = 10_000;

check(requirements['NET-LB-AUTO'], async (context) => {
  const { cluster, observe, control, hint } = context;
  const { tenant } = cluster.documented.pools;
  hint(async () => 'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: which pool gave the address, and is it announced?');
  const { got, before, pods, place } = await unaskedService();
  const address = got.kind === 'given' ? got.address : 'none';
  observe({ subject: `address of ${placeName(place)}, which asks for none`, vantage: atApi, expected: `of ${rangeText(tenant)} from tenant-pool, within ${assignedWithinMs / 1000} s`, saw: allocationText(got), held: got.kind === 'given' && isWithin(address, tenant) && got.pool === 'tenant-pool' });
  control(equal('its addresses before it was of type LoadBalancer', { expected: [], saw: before }));
  await Promise.all([answersOutside(context, { address, names: pods.map(({ pod }) => pod) }), connections(context, await anchors(cluster, [outsider]))]);
}, { uses: ['address-pools'] });

/** Whether pods behind an address say their names, which no other server does, to a host beyond the gateway. */
async function answersOutside({ cluster, observe, signal }: Pick<CheckContext, 'cluster' | 'observe' | 'signal'>, { address, names }: { address: string; names: readonly string[] }): Promise<void> {
  const to: HttpTarget = { kind: 'http', url: `http://${address}/hostname` };
  const first = await firstAnswer(cluster, { from: outsider, to }, { timeoutMs: settlesWithinMs, signal });
  observe({ subject: `first answer of ${to.url}`, vantage: cluster.placeText(outsider), expected: `within ${settlesWithinMs / 1000} s`, saw: first.text, held: first.answered });
  const [outcome] = await cluster.probe(outsider, [to], signal);
  const body = outcome?.kind === 'answered' ? outcome.body : 'nobody';
  observe({ subject: `who answers at ${to.url}`, vantage: cluster.placeText(outsider), expected: `one of ${names.join(', ')}`, saw: body, held: names.includes(body) });
}

/** From each place: an address that nobody was given is silent, and the same pods answer by a node port, without MetalLB. */
async function anchors(cluster: Cluster, places: readonly { host: string }[]): Promise<Connection[]> {
  const [[free = ''], { service }] = [await lastFreeAddresses(cluster.kubernetes, cluster.documented.pools.tenant, 1), await neutral()];
  const worker = cluster.documented.nodes.find(({ role }) => role === 'worker');
  const nodePort: Target = { kind: 'tcp', host: worker?.address ?? '', port: service.nodePort ?? 0 };
  return places.flatMap((from): Connection[] => [
    { role: 'control', from, to: { kind: 'tcp', host: free, port: 80 }, name: 'an address that nobody was given', expect: 'not-reached' },
    { role: 'control', from, to: nodePort, name: `the same pods by the node port of ${worker?.name}`, expect: 'reached' },
  ]);
}

/** Of each port, from each place: three endpoints are all met with a chance of 1 - 3 * (2/3)^30. */
const attemptsEach = 30;

check(requirements['NET-LB-EXTERNAL'], async (context) => {
  const { cluster, observe, hint, signal } = context;
  const { got, pods, place } = await unaskedService();
  if (got.kind === 'none') throw new Error(`${placeName(place)} has no address to be reached at: ${got.reason}`);
  const announcers = await announcingNodes(cluster.kubernetes, place, { timeoutMs: settlesWithinMs, signal });
  hint(async () => `does kube-proxy run on ${announcers.join(', ') || 'the node that announces the address: MetalLB names none'}?`);
  const urls = [`http://${got.address}/hostname`, `http://${got.address}:443/hostname`];
  await firstAnswer(cluster, { from: outsider, to: { kind: 'http', url: urls[0] ?? '' } }, { timeoutMs: settlesWithinMs, signal });
  const measured = await Promise.all([outsider, lan].map(async (from) => ({ from, outcomes: await cluster.probe(from, urls.flatMap((url) => Array.from({ length: attemptsEach }, () => ({ kind: 'http' as const, url }))), signal) })));
  const series = measured.flatMap(({ from, outcomes }) => urls.map((url, index) => ({ vantage: cluster.placeText(from), url, outcomes: outcomes.slice(index * attemptsEach, (index + 1) * attemptsEach) })));
  for (const { vantage, url, outcomes } of series) {
    observe(noneOf(`new connections of ${attemptsEach} to ${url}, announced by ${announcers.join(', ') || 'nobody'}, that got no answer`, { saw: outcomes.filter(({ kind }) => kind !== 'answered').map(outcomeText), vantage }));
    observe(equal(`endpoints that answered at ${url}`, { expected: pods.map(({ pod }) => pod), saw: [...new Set(outcomes.flatMap((each) => (each.kind === 'answered' ? [each.body] : [])))], vantage }));
  }
  await connections(context, await anchors(cluster, [outsider, lan]));
}, { uses: ['address-pools'] });

check(requirements['NET-LB-INVENTORY'], async ({ cluster: { kubernetes }, observe, control, hint, signal }) => {
  hint(async () => 'kubectl get svc -A --field-selector spec.type=LoadBalancer; kubectl get servicel2statuses -A: which has no address, or nobody who announces it?');
  const own = await unaskedService();
  const ownName = placeName(own.place);
  const isCounted = (service: V1Service): boolean => !isScratch(service) || service.metadata?.name === own.place.name;
  const [selected, all, pools] = await Promise.all([loadBalancers(kubernetes), kubernetes.core.listServiceForAllNamespaces(), addressPools(kubernetes)]);
  const [bySelector, byType] = await Promise.all([selected, all.items.filter(({ spec }) => spec?.type === 'LoadBalancer')].map(async (services) => listedServices(kubernetes, services.filter(isCounted))));
  const names = (services: readonly ListedService[] = []): string[] => services.map(({ place }) => placeName(place));
  observe(equal("what the guide's field selector lists", { expected: names(byType), saw: names(bySelector) }));
  for (const { place, addresses } of byType ?? []) observe({ subject: `address of ${placeName(place)}`, vantage: atApi, expected: 'one, in a pool', saw: addresses.join(', ') || 'none', held: addresses.length === 1 && addresses.every((address) => isPooled(address, pools)) });
  const given = selected.flatMap(addressesGiven);
  observe(noneOf('addresses that two Services have', { saw: given.filter((address, index) => given.indexOf(address) !== index) }));
  const served = (byType ?? []).filter((each) => each.served);
  const announced = await Promise.all(served.map(async ({ place }) => ({ place, nodes: await announcingNodes(kubernetes, place, { timeoutMs: settlesWithinMs, signal }) })));
  for (const { place, nodes } of announced) observe({ subject: `nodes that announce ${placeName(place)}`, vantage: atApi, expected: 'one', saw: nodes.join(', ') || 'none', held: nodes.length === 1 });
  control({ subject: 'a Service that this run has just made', vantage: atApi, expected: 'in both lists, with endpoints', saw: [bySelector, byType].map((list) => (names(list).includes(ownName) ? 'listed' : 'missing')).join(', '), held: [bySelector, byType].every((list) => names(list).includes(ownName)) && served.some(({ place }) => placeName(place) === ownName) });
}, { uses: ['address-pools'] });

function isPooled(address: string, pools: readonly AddressPool[]): boolean {
  return pools.some((pool) => rangesOf(pool).some((range) => isWithin(address, range)));
}
