import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import type { Outcome } from '../../../harness/probe/probe.ts';
import type { EchoPod } from '../../fixtures/echo-group.ts';
import type { ScratchTenant } from '../../fixtures/scratch-tenant.ts';
import { answerText, tryToMake } from '../admission.ts';

/** A port that nothing serves at the addresses that are tried: were one captured, nobody would miss it. */
const freePort = 18_329;
export const serverName = 'conform-server';

/** A tenant with a pod that serves behind the Services that it makes. */
export type CapturingTenant = ScratchTenant & { readonly server: EchoPod };

/** The outcome of a Service of the tenant: refused; accepted, and its pod answers at the address; or accepted without that. */
type Capture = { readonly kind: 'refused' | 'captured' | 'inert'; readonly text: string };

/**
 * Makes a Service before the tenant's server, as the tenant, and dials the address from the server itself: what kube-proxy
 * captures, it captures for every source, and from its own node no policy is between the two.
 */
export async function capture(
  { cluster, signal }: CheckContext,
  { namespace, asTenant, server }: CapturingTenant,
  { name, spec, address }: { name: string; spec: object; address: string | undefined },
): Promise<Capture> {
  const answer = await tryToMake(asTenant, serviceOf(namespace, name, spec), { signal });
  if (answer.status !== 201) return { kind: 'refused', text: answerText(answer) };
  const host = address ?? (answer.body as { spec: { clusterIP: string } }).spec.clusterIP;
  const isServer = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.body === server.pod;
  const { answered, text } = await firstAnswer(
    cluster,
    { from: server.place, to: { kind: 'http', url: `http://${host}:${freePort}/hostname` } },
    { timeoutMs: patience('answer'), signal, until: isServer },
  );
  return answered
    ? { kind: 'captured', text: `accepted, and the tenant's pod answers at ${host}:${freePort} ${text}` }
    : { kind: 'inert', text: `accepted, without effect: ${text}` };
}

function serviceOf(namespace: string, name: string, spec: object, annotations: Record<string, string> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, annotations },
    spec: { selector: { 'conform-pod': serverName }, ports: [{ port: freePort, targetPort: 8080 }], ...spec },
  };
}

/** A way to ask for an address. */
export interface Wish {
  readonly name: string;
  readonly asks: string;
  readonly spec: object;
  readonly annotations?: Record<string, string>;
}

/** The ways in which a Service asks MetalLB v0.14.9 for an address (its documentation, "Usage"). `free`: the pool gives its first ones by itself, so the last are asked for by name. */
export function wishes({ used, free }: { used: string; free: readonly string[] }): Wish[] {
  const [one = used, other = used] = free.toReversed();
  return [
    { name: 'conform-asks-field', asks: `loadBalancerIP ${one}`, spec: { loadBalancerIP: one } },
    { name: 'conform-asks-used', asks: `loadBalancerIP ${used}`, spec: { loadBalancerIP: used } },
    {
      name: 'conform-asks-address',
      asks: `the address ${other} by annotation`,
      spec: {},
      annotations: { 'metallb.universe.tf/loadBalancerIPs': other },
    },
    {
      name: 'conform-asks-pool',
      asks: 'admin-pool by annotation',
      spec: {},
      annotations: { 'metallb.universe.tf/address-pool': 'admin-pool' },
    },
  ];
}

/** The address that a wish got; MetalLB's or the API's words when it got none. */
export async function wishOutcome(
  context: CheckContext,
  { namespace, asTenant }: CapturingTenant,
  { name, spec, annotations }: Wish,
): Promise<string> {
  const { cluster, signal } = context;
  const answer = await tryToMake(asTenant, serviceOf(namespace, name, { type: 'LoadBalancer', ...spec }, annotations), { signal });
  if (answer.status !== 201) return answerText(answer);
  const place = { namespace, name };
  return until('MetalLB to decide', { timeoutMs: patience('answer'), everyMs: 300, signal }, async () => {
    const address = (await cluster.kubernetes.core.readNamespacedService(place)).status?.loadBalancer?.ingress?.[0]?.ip;
    if (address !== undefined) return { done: address };
    const event = await allocationEvent(cluster.kubernetes, place);
    return event === undefined ? { notYet: 'neither an address nor an event' } : { done: `no address: ${event}` };
  });
}

async function allocationEvent(
  { core }: Kubernetes,
  { namespace, name }: { namespace: string; name: string },
): Promise<string | undefined> {
  const { items } = await core.listNamespacedEvent({
    namespace,
    fieldSelector: `involvedObject.kind=Service,involvedObject.name=${name},reason=AllocationFailed`,
  });
  return items[0]?.message;
}
