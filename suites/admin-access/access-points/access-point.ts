import { promised } from '../../../guide/limits.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type ServicePlace, addressesGiven } from '../../../harness/platform/metallb/load-balancer.ts';
import { answeringNodes } from '../../../harness/probe/arp.ts';
import { type ClaimAttempt, type Destination, atHost, claim, reach } from '../../../harness/probe/claims.ts';
import { workers } from '../documented-nodes.ts';
import { admins, atHosts, oneOfEachKind, workstation } from '../vantages.ts';
import { explainUnreachable } from './explain.ts';

export type { ServicePlace };

/** A page of an access point. */
export interface Page {
  readonly name: string;
  readonly url: string;
  /** A text that only the right program says; its status says all when this is left out. */
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
  const { cluster, connect } = context;
  const from = atHosts(hosts);
  const to = pages.map(({ name, url }): Destination => ({ name, target: { kind: 'http', url } }));
  const api: Destination = { name: 'the Kubernetes API', target: { kind: 'tcp', host: cluster.documented.vip.address, port: 6443 } };
  const controls: ClaimAttempt[] = [
    ...to.map((page): ClaimAttempt => ({ role: 'control', from: atHost('outsider'), to: page, expect: 'not-reached' })),
    // Administrators do reach something in this instant.
    ...from.map((host): ClaimAttempt => ({ role: 'control', from: host, to: api, expect: 'reached' })),
  ];
  const [outcomes = []] = await connect([claim([...reach({ from, to, status: 200 }).attempts, ...controls])]);
  const looked = hosts.flatMap((host) => pages.map((page) => ({ host, page })));
  for (const [index, { host, page }] of looked.entries()) {
    const outcome = outcomes[index];
    // A page that has not come shows nothing, and has been told of already.
    if (page.marker !== undefined && outcome?.kind === 'answered') shows(context, { host, page, marker: page.marker, body: outcome.body });
  }
}

function shows(
  { observe }: CheckContext,
  { host, page: { name, url }, marker, body }: { host: string; page: Page; marker: RegExp; body: string },
): void {
  const isShown = marker.test(body);
  observe({
    key: `${host} -> ${name} ${url}: its text`,
    subject: `the text of ${name} ${url}`,
    vantage: host,
    expected: `it says ${marker.source}`,
    saw: isShown ? `it says ${marker.source}` : body.slice(0, 120) || 'nothing',
    held: isShown,
  });
}

/**
 * With the policy Local a node announces only where it has an endpoint, so that both placements are one; else any node may,
 * and each is asked: the node port goes the way of what is announced there.
 */
async function worksInEveryPlacement(context: CheckContext, service: ServicePlace): Promise<void> {
  const { cluster, connect } = context;
  const published = await cluster.kubernetes.core.readNamespacedService(service);
  const { spec } = published;
  if (spec?.externalTrafficPolicy === 'Local') return announcedWhereServed(context, service, addressesGiven(published));
  const ports = (spec?.ports ?? []).flatMap(({ name, port, nodePort }) =>
    nodePort === undefined ? [] : [{ name: name ?? port, nodePort }],
  );
  const to = workers(cluster).flatMap(({ name, address }) =>
    ports.map((port): Destination => ({
      name: `${service.namespace}/${service.name} (${port.name}) by ${name}, as if that announced it`,
      target: { kind: 'tcp', host: address, port: port.nodePort },
    })),
  );
  if (to.length > 0) await connect([reach({ from: workstation, to })]);
}

async function announcedWhereServed(
  { cluster, observe, signal }: CheckContext,
  service: ServicePlace,
  addresses: readonly string[],
): Promise<void> {
  const hosting = await endpointNodes(cluster.kubernetes, service);
  const announcing = await announcedBy(cluster, { address: addresses[0] ?? '', hosting }, signal);
  observe({
    subject: `nodes that answer ARP for ${service.namespace}/${service.name}`,
    vantage: 'lan',
    expected: `one, of those with an endpoint: ${hosting.join(', ') || 'none'}`,
    saw: announcing.join(', ') || 'none',
    held: isOneOf(announcing, hosting),
    ...lateIf(announcing.length === 0),
  });
}

/**
 * Who answers on the LAN: MetalLB's own ServiceL2Status may name a node that announced until it lost power (seen). Asked until it
 * is one with an endpoint; after the promised time, those who answer then.
 */
async function announcedBy(
  cluster: Cluster,
  { address, hosting }: { address: string; hosting: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  let seen: string[] = [];
  const options = { timeoutMs: promised.adminAccess.announcerAgreedMs, everyMs: 500, signal };
  try {
    return await until('one node with an endpoint to announce', options, async () => {
      seen = await answeringNodes(cluster, address, signal);
      return isOneOf(seen, hosting) ? { done: seen } : { notYet: seen.join(', ') || 'none' };
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return seen;
    throw error;
  }
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
