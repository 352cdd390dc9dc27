import ipaddr from 'ipaddr.js';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import { isWithin } from '../../../guide/address.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { platform } from '../../fixtures/groups.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { type EchoPod, echoPod } from '../../fixtures/echo-group.ts';
import { type Kubernetes, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Outcome, outcomeText } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { answerText, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';

/** A port that nothing serves at the addresses that are tried: were one captured, nobody would miss it. */
const freePort = 18329;
const serverName = 'conform-server';
/** kube-proxy programs a Service, and MetalLB answers for one, within this time; the guide gives none. */
const settledMs = 10_000;

type Tenant = ScratchTenant & { readonly server: EchoPod };

check(
  requirements['ISO-ESCAPE-ADDRESS-HIJACK'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const {
      vip,
      nodes,
      services: { canine },
      pools,
    } = cluster.documented;
    context.hint(
      async () =>
        'kubectl get validatingadmissionpolicybindings tenant-service-addresses (E89), kubectl get ipaddresspools -n metallb-system admin-pool -o yaml: serviceAllocation (E24)',
    );
    const [tenant, groups] = await Promise.all([tenantWithServer(context), platform()]);
    const inside = groups.find(({ namespace }) => namespace === 'canine')?.pods[0];
    if (inside === undefined) throw new Error('there is no echo pod in namespace canine');
    const dashboard = async (): Promise<string> =>
      bodyText((await cluster.probe(inside.place, [{ kind: 'http', url: `http://${canine.address}/` }], signal))[0]);
    const before = await dashboard();

    const plain = await captures(context, tenant, { name: 'conform-plain', spec: {}, address: undefined });
    control({
      subject: 'the same Service without an address',
      vantage: tenant.namespace,
      expected: 'accepted, and answers at its own address',
      saw: plain.text,
      held: plain.kind === 'captured',
    });
    const addresses = [canine.address, vip.address, ...nodes.map(({ address }) => address)];
    const external = await Promise.all(
      addresses.map(async (address, index) => ({
        address,
        outcome: await captures(context, tenant, { name: `conform-external-${index}`, spec: { externalIPs: [address] }, address }),
      })),
    );
    for (const { address, outcome } of external)
      observe({
        subject: `a Service of a tenant with externalIPs ${address}`,
        vantage: tenant.namespace,
        expected: 'refused, or without effect',
        saw: outcome.text,
        held: outcome.kind !== 'captured',
      });
    for (const measured of await requested(context, tenant, wishes(pools.admin, canine.address))) observe(measured);
    // A captured address decides by itself, also where the dashboard could not be seen.
    if (external.some(({ outcome }) => outcome.kind === 'captured')) return;
    const vantage = cluster.placeText(inside.place);
    control({
      subject: `what a pod of the platform gets at ${canine.address}`,
      vantage,
      expected: '200',
      saw: before,
      held: before.startsWith('200'),
    });
    const after = await dashboard();
    observe({
      ...equal(`what a pod of the platform gets at ${canine.address}, as before`, { expected: before, saw: after, vantage }),
      ...lateIf(after === 'timeout'),
    });
  },
  { uses: ['address-pools'] },
);

async function tenantWithServer(context: CheckContext): Promise<Tenant> {
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  const tenant = await scratchTenant(context);
  const [pod = {}] = await readManifest(`${import.meta.dirname}/../tenant-pod.yaml`, { NAME: serverName, NAMESPACE: tenant.namespace });
  await tenant.asTenant.raw.create(pod, signal);
  const [server] = (
    await readyPods(kubernetes, { namespace: tenant.namespace, selector: `conform-pod=${serverName}`, count: 1 }, signal)
  ).map(echoPod);
  if (server === undefined) throw new Error('the tenant has no pod');
  return { ...tenant, server };
}

/** What a Service of the tenant came to: refused; accepted, and its pod answers at the address; or accepted without that. */
type Capture = { readonly kind: 'refused' | 'captured' | 'inert'; readonly text: string };

/**
 * Makes a Service before the tenant's server, as the tenant, and dials the address from the server itself: what kube-proxy
 * captures, it captures for every source, and from its own node no policy is between the two.
 */
async function captures(
  { cluster, signal }: CheckContext,
  { namespace, asTenant, server }: Tenant,
  { name, spec, address }: { name: string; spec: object; address: string | undefined },
): Promise<Capture> {
  const answer = await tryToMake(asTenant, serviceOf(namespace, name, spec), { signal });
  if (answer.status !== 201) return { kind: 'refused', text: answerText(answer) };
  const host = address ?? (answer.body as { spec: { clusterIP: string } }).spec.clusterIP;
  const isServer = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.body === server.pod;
  const { answered, text } = await firstAnswer(
    cluster,
    { from: server.place, to: { kind: 'http', url: `http://${host}:${freePort}/hostname` } },
    { timeoutMs: settledMs, signal, until: isServer },
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

interface Wish {
  readonly name: string;
  readonly asks: string;
  readonly spec: object;
  readonly annotations?: Record<string, string>;
}

/** The ways in which a Service asks MetalLB v0.14.9 for an address (its documentation, "Usage"); what a pool gives by itself, its first free one, is not asked for by name. */
function wishes({ first }: { first: string }, used: string): Wish[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(first).octets;
  const free = (above: number): string => [a, b, c, d + above].join('.');
  return [
    { name: 'conform-asks-field', asks: `loadBalancerIP ${free(5)}`, spec: { loadBalancerIP: free(5) } },
    { name: 'conform-asks-used', asks: `loadBalancerIP ${used}`, spec: { loadBalancerIP: used } },
    {
      name: 'conform-asks-address',
      asks: `the address ${free(6)} by annotation`,
      spec: {},
      annotations: { 'metallb.universe.tf/loadBalancerIPs': free(6) },
    },
    {
      name: 'conform-asks-pool',
      asks: 'admin-pool by annotation',
      spec: {},
      annotations: { 'metallb.universe.tf/address-pool': 'admin-pool' },
    },
  ];
}

async function requested(context: CheckContext, { namespace, asTenant }: Tenant, asked: readonly Wish[]): Promise<Measured[]> {
  const {
    pools: { admin },
  } = context.cluster.documented;
  return Promise.all(
    asked.map(async ({ name, asks, spec, annotations }) => {
      const answer = await tryToMake(asTenant, serviceOf(namespace, name, { type: 'LoadBalancer', ...spec }, annotations), {
        signal: context.signal,
      });
      const given = answer.status === 201 ? await addressOrEvent(context, { namespace, name }) : answerText(answer);
      return {
        subject: `a Service of a tenant that asks for ${asks}`,
        vantage: namespace,
        expected: `refused, or no address of ${admin.first} to ${admin.last}`,
        saw: given,
        held: !isWithin(given, admin),
      };
    }),
  );
}

/** The address that MetalLB gave, or its words when it gave none. */
async function addressOrEvent(
  { cluster: { kubernetes }, signal }: CheckContext,
  place: { namespace: string; name: string },
): Promise<string> {
  return until('MetalLB to decide', { timeoutMs: settledMs, everyMs: 300, signal }, async () => {
    const address = (await kubernetes.core.readNamespacedService(place)).status?.loadBalancer?.ingress?.[0]?.ip;
    if (address !== undefined) return { done: address };
    const event = await allocationEvent(kubernetes, place);
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

/** An answer by what it says, else by how it failed. */
function bodyText(outcome: Outcome | undefined): string {
  if (outcome?.kind === 'answered')
    return `${outcome.status}, ${/<title>(.*?)<\/title>/i.exec(outcome.body)?.[1] ?? outcome.body.slice(0, 60)}`;
  return outcome === undefined ? 'not tried' : outcomeText(outcome).replace(/ after \d+ ms$/, '');
}
