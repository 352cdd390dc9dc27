import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { addressesGiven } from '../../../harness/platform/metallb/load-balancer.ts';
import { anchor } from '../../fixtures/cells.ts';
import { answeringNodes } from '../../../harness/probe/arp.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { type Target, outcomeText, reached } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
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
    ...looked.map(({ host, page: { name, url } }): Connection => ({
      role: 'observation',
      from: { host },
      to: { kind: 'http', url },
      name,
      expect: { status: 200 },
    })),
    ...pages.map(({ name, url }): Connection => ({
      role: 'control',
      from: { host: 'outsider' },
      to: { kind: 'http', url },
      name,
      expect: 'not-reached',
    })),
    ...hosts.map((host): Connection => ({
      ...anchor,
      from: { host },
      to: { kind: 'tcp', host: vip.address, port: 6443 },
      name: 'the Kubernetes API, which admins reach',
    })),
  ]);
  for (const [
    index,
    {
      host,
      page: { name, url, marker },
    },
  ] of looked.entries()) {
    const outcome = outcomes[index];
    // What has not come shows nothing, and has been told of already.
    if (marker === undefined || outcome?.kind === 'timeout') continue;
    const body = outcome?.kind === 'answered' ? outcome.body : '';
    observe({
      subject: `what ${name} ${url} shows`,
      vantage: host,
      expected: `it says ${marker.source}`,
      saw: marker.test(body) ? `it says ${marker.source}` : body.slice(0, 120) || 'nothing',
      held: marker.test(body),
    });
  }
}

/** MetalLB's speakers agree on an announcer within this time (NET-LB-ANNOUNCE). */
const agreedWithinMs = 10_000;

/**
 * With the policy Local a node announces only where it has an endpoint, so that both placements are one; else any node may,
 * and each is asked: the node port goes the way of what is announced there.
 */
async function worksInEveryPlacement({ cluster, observe, signal }: CheckContext, service: ServicePlace): Promise<void> {
  const { kubernetes, documented } = cluster;
  const published = await kubernetes.core.readNamespacedService(service);
  const { spec } = published;
  if (spec?.externalTrafficPolicy === 'Local') {
    const hosting = await endpointNodes(kubernetes, service);
    const announcing = await announcedBy(cluster, { addresses: addressesGiven(published), hosting }, signal);
    observe({
      subject: `nodes that answer ARP for ${service.namespace}/${service.name}`,
      vantage: 'lan',
      expected: `one, of those with an endpoint: ${hosting.join(', ') || 'none'}`,
      saw: announcing.join(', ') || 'none',
      held: isOneOf(announcing, hosting),
    });
    return;
  }
  const workers = documented.nodes.filter(({ role }) => role === 'worker');
  const ports = (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []);
  const ways = workers.flatMap(({ name, address }) =>
    ports.map((port) => ({ name, target: { kind: 'tcp', host: address, port } satisfies Target })),
  );
  const outcomes = await cluster.probe(
    { host: 'admin' },
    ways.map(({ target }) => target),
    signal,
  );
  for (const [index, { name, target }] of ways.entries()) {
    const outcome = outcomes[index];
    observe({
      subject: `${service.namespace}/${service.name} by ${name}, as if that announced it (${target.host}:${target.port})`,
      vantage: 'admin',
      expected: 'connects',
      saw: outcome === undefined ? 'not tried' : outcomeText(outcome),
      held: outcome !== undefined && reached(outcome),
    });
  }
}

/**
 * Who answers on the LAN: MetalLB's own ServiceL2Status may name a node that announced until it lost power (seen). Asked until it
 * is one with an endpoint; after that time, what there is.
 */
async function announcedBy(
  cluster: Cluster,
  { addresses, hosting }: { addresses: readonly string[]; hosting: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  let seen: string[] = [];
  await attempt(signal, () =>
    until('one node with an endpoint to announce', { timeoutMs: agreedWithinMs, everyMs: 500, signal }, async () => {
      seen = await answeringNodes(cluster, addresses[0] ?? '', signal);
      return isOneOf(seen, hosting) ? { done: seen } : { notYet: seen.join(', ') || 'none' };
    }),
  );
  return seen;
}

function isOneOf(announcing: readonly string[], hosting: readonly string[]): boolean {
  return announcing.length === 1 && announcing.every((node) => hosting.includes(node));
}

/** The nodes on which a Service has a ready endpoint. */
export async function endpointNodes(
  { discovery }: CheckContext['cluster']['kubernetes'],
  { namespace, name }: ServicePlace,
): Promise<string[]> {
  const { items } = await discovery.listNamespacedEndpointSlice({ namespace, labelSelector: `kubernetes.io/service-name=${name}` });
  const ready = items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return [...new Set(ready.flatMap(({ nodeName }) => nodeName ?? []))].toSorted();
}
