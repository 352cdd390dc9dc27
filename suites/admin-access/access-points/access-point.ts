import type { CheckContext } from '../../../harness/check.ts';
import { announcingNodes } from '../../../harness/cluster/load-balancer.ts';
import { anchor } from '../../../harness/fixtures/cells.ts';
import { type Connection, connections } from '../../../harness/vantage/connections.ts';
import { type Target, outcomeText, reached } from '../../../harness/vantage/probe.ts';
import { explainUnreachable } from './explain.ts';
import { admins, oneOfEachKind } from '../vantages.ts';

export interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}

/** What an access point shows. */
export interface Page {
  readonly name: string;
  readonly url: string;
  /** What only the right program says; its status says all when this is left out. */
  readonly marker?: RegExp;
}

/**
 * Every administrator gets the pages, in the same instant in which an outsider gets none; and gets them wherever the endpoint
 * is, on the node that announces the address or on another.
 */
export async function showsToAdmins(context: CheckContext, service: ServicePlace, pages: readonly Page[]): Promise<void> {
  const { cluster, hint, signal } = context;
  hint(() => explainUnreachable(cluster, service, signal));
  await looksAt(context, admins, pages);
  await worksInEveryPlacement(context, service);
}

/** The same, one administrator after another: for pages that are work to make. */
export async function showsToAdminsInTurn(context: CheckContext, service: ServicePlace, pages: readonly Page[]): Promise<void> {
  const { cluster, hint, signal } = context;
  hint(() => explainUnreachable(cluster, service, signal));
  for (const host of oneOfEachKind) await looksAt(context, [host], pages);
  await worksInEveryPlacement(context, service);
}

async function looksAt(context: CheckContext, hosts: readonly string[], pages: readonly Page[]): Promise<void> {
  const { cluster, observe } = context;
  const { vip } = cluster.documented;
  const looked = hosts.flatMap((host) => pages.map((page) => ({ host, page })));
  const outcomes = await connections(context, [
    ...looked.map(({ host, page: { name, url } }): Connection => ({ role: 'observation', from: { host }, to: { kind: 'http', url }, name, expect: { status: 200 } })),
    ...pages.map(({ name, url }): Connection => ({ role: 'control', from: { host: 'outsider' }, to: { kind: 'http', url }, name, expect: 'not-reached' })),
    ...hosts.map((host): Connection => ({ ...anchor, from: { host }, to: { kind: 'tcp', host: vip.address, port: 6443 }, name: 'the Kubernetes API, which admins reach' })),
  ]);
  for (const [index, { host, page: { name, url, marker } }] of looked.entries()) {
    if (marker === undefined) continue;
    const outcome = outcomes[index];
    const body = outcome?.kind === 'answered' ? outcome.body : '';
    observe({ subject: `what ${name} ${url} shows`, vantage: host, expected: `it says ${marker.source}`, saw: marker.test(body) ? `it says ${marker.source}` : body.slice(0, 120) || 'nothing', held: marker.test(body) });
  }
}

/** MetalLB's speakers agree on an announcer within this time (seen: NET-LB-ANNOUNCE). */
const agreedWithinMs = 10_000;

/**
 * With the policy Local a node announces only where it has an endpoint, so that both placements are one; else any node may,
 * and each is asked: the node port goes the way of what is announced there.
 */
async function worksInEveryPlacement({ cluster, observe, signal }: CheckContext, service: ServicePlace): Promise<void> {
  const { kubernetes, documented } = cluster;
  const { spec } = await kubernetes.core.readNamespacedService(service);
  if (spec?.externalTrafficPolicy === 'Local') {
    const [announcing, hosting] = await Promise.all([announcingNodes(kubernetes, service, { timeoutMs: agreedWithinMs, signal }), endpointNodes(kubernetes, service)]);
    observe({ subject: `nodes that announce ${service.namespace}/${service.name}`, vantage: 'Kubernetes API', expected: `one, of those with an endpoint: ${hosting.join(', ') || 'none'}`, saw: announcing.join(', ') || 'none', held: announcing.length === 1 && announcing.every((node) => hosting.includes(node)) });
    return;
  }
  const workers = documented.nodes.filter(({ role }) => role === 'worker');
  const ports = (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []);
  const ways = workers.flatMap(({ name, address }) => ports.map((port) => ({ name, target: { kind: 'tcp', host: address, port } satisfies Target })));
  const outcomes = await cluster.probe({ host: 'admin' }, ways.map(({ target }) => target), signal);
  for (const [index, { name, target }] of ways.entries()) {
    const outcome = outcomes[index];
    observe({ subject: `${service.namespace}/${service.name} by ${name}, as if that announced it (${target.host}:${target.port})`, vantage: 'admin', expected: 'connects', saw: outcome === undefined ? 'not tried' : outcomeText(outcome), held: outcome !== undefined && reached(outcome) });
  }
}

/** The nodes on which a Service has a ready endpoint. */
export async function endpointNodes({ discovery }: CheckContext['cluster']['kubernetes'], { namespace, name }: ServicePlace): Promise<string[]> {
  const { items } = await discovery.listNamespacedEndpointSlice({ namespace, labelSelector: `kubernetes.io/service-name=${name}` });
  const ready = items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return [...new Set(ready.flatMap(({ nodeName }) => nodeName ?? []))].toSorted();
}
