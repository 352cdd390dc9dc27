import { addressesOf, isWithin } from '../../../guide/address.ts';
import { lateIf, equal, noneOf, atApi } from '../../../harness/engine/measured.ts';
import { isScratchName } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import type { Outcome } from '../../../harness/probe/probe.ts';
import { outcomeText } from '../../../harness/probe/probe.ts';
import { type EchoPod, echoPod, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { requirements } from '../requirements.ts';
import { capturedAddresses } from './captured-addresses.ts';
import { check } from './check.ts';
import { type CapturingTenant, capture, serverName, wishOutcome, wishes } from './capture.ts';

check(
  requirements['ISO-ESCAPE-ADDRESS-HIJACK'],
  async (context) => {
    context.hint(
      async () =>
        'kubectl get services -A -o wide: whose externalIPs are these? kubectl get validatingadmissionpolicybindings tenant-service-addresses (E89), kubectl get ipaddresspools -n metallb-system admin-pool -o yaml: serviceAllocation (E24)',
    );
    const { cluster, control } = context;
    const wasCaptured = await observeLivingServices(context);
    const [tenant, inside] = await Promise.all([
      tenantWithServer(context),
      startEchoPod(context, { namespace: platformNamespace, node: workerNames(cluster)[0] ?? '' }),
    ]);
    const before = await dashboardTitle(context, inside);
    const plain = await capture(context, tenant, { name: 'conform-plain', spec: {}, address: undefined });
    control({
      subject: 'the same Service without an address',
      vantage: tenant.namespace,
      expected: 'accepted, and answers at its own address',
      saw: plain.text,
      held: plain.kind === 'captured',
    });
    const [isCaptured] = await Promise.all([observeExternalAddresses(context, tenant), observeWishes(context, tenant)]);
    // A captured address decides by itself, also where the dashboard could not be seen.
    if (!wasCaptured && !isCaptured) await observeDashboard(context, { inside, before });
  },
  { uses: ['address-pools'] },
);

const platformNamespace = 'canine';

/** Every Service of every namespace: admission judges new requests only. Returns whether one captures what is not its own. */
async function observeLivingServices({ cluster, observe, control }: CheckContext): Promise<boolean> {
  const { documented, kubernetes } = cluster;
  const [{ items }, tenants] = await Promise.all([kubernetes.core.listServiceForAllNamespaces(), livingTenants(kubernetes)]);
  const captures = items
    .filter(({ metadata }) => !isScratchName(`${metadata?.namespace}/${metadata?.name}`))
    .map((service) => ({
      namespace: service.metadata?.namespace ?? '',
      name: service.metadata?.name ?? '',
      addresses: capturedAddresses(service, documented),
    }));
  const textOf = (those: typeof captures): string[] =>
    those.flatMap(({ namespace, name, addresses }) => addresses.map((address) => `${namespace}/${name}: ${address}`));
  const names = tenants.map(({ name }) => name);
  for (const tenant of names)
    observe(
      noneOf(`Services of ${tenant} that capture addresses`, { saw: textOf(captures.filter(({ namespace }) => namespace === tenant)) }),
    );
  const ofPlatform = captures.filter(({ namespace }) => documented.platformNamespaces.includes(namespace));
  const elsewhere = captures.filter(({ namespace }) => ![...names, ...documented.platformNamespaces].includes(namespace));
  observe(noneOf('Services of other namespaces that capture addresses', { saw: textOf(elsewhere) }));
  observe(
    noneOf("Services of the platform with external addresses, beside their load balancers'", {
      saw: textOf(ofPlatform).filter((text) => text.includes(': externalIPs ')),
    }),
  );
  control({
    subject: "the same look at the platform's own Services",
    vantage: atApi,
    expected: 'an address of the admin pool',
    saw: textOf(ofPlatform).join('; ') || 'none',
    held: ofPlatform.some(({ addresses }) => addresses.length > 0),
  });
  return captures.some(({ namespace, addresses }) => addresses.length > 0 && !documented.platformNamespaces.includes(namespace));
}

async function tenantWithServer(context: CheckContext): Promise<CapturingTenant> {
  const { cluster, signal } = context;
  const tenant = await scratchTenant(context);
  const { namespace } = tenant;
  const [pod = {}] = await readManifest(`${import.meta.dirname}/../tenant-pod.yaml`, { NAME: serverName, NAMESPACE: namespace });
  await tenant.asTenant.raw.create(pod, signal);
  const [ready] = await readyPods(cluster.kubernetes, { namespace, selector: `conform-pod=${serverName}`, count: 1 }, signal);
  if (ready === undefined) throw new Error('the tenant has no pod');
  return { ...tenant, server: echoPod(ready) };
}

/** Each of the platform's addresses as an external address of a new Service; returns whether one was captured. */
async function observeExternalAddresses(context: CheckContext, tenant: CapturingTenant): Promise<boolean> {
  const { vip, nodes, services } = context.cluster.documented;
  const addresses = [...Object.values(services), vip, ...nodes].map(({ address }) => address);
  const outcomes = await Promise.all(
    addresses.map(async (address, index) => {
      const outcome = await capture(context, tenant, { name: `conform-external-${index}`, spec: { externalIPs: [address] }, address });
      context.observe({
        subject: `a Service of a tenant with externalIPs ${address}`,
        vantage: tenant.namespace,
        expected: 'refused, or without effect',
        saw: outcome.text,
        held: outcome.kind !== 'captured',
      });
      return outcome.kind;
    }),
  );
  return outcomes.includes('captured');
}

/** Each way in which a new Service may ask for an address of the admin pool. */
async function observeWishes(context: CheckContext, tenant: CapturingTenant): Promise<void> {
  const { pools, services } = context.cluster.documented;
  const used = Object.values(services).map(({ address }) => address);
  const free = addressesOf(pools.admin).filter((address) => !used.includes(address));
  await Promise.all(
    wishes({ used: services.canine.address, free }).map(async (wish) => {
      const given = await wishOutcome(context, tenant, wish);
      context.observe({
        subject: `a Service of a tenant that asks for ${wish.asks}`,
        vantage: tenant.namespace,
        expected: `refused, or no address of ${pools.admin.first} to ${pools.admin.last}`,
        saw: given,
        held: !isWithin(given, pools.admin),
      });
    }),
  );
}

/** What a pod of the platform gets at the dashboard's address is what it got before. */
async function observeDashboard(context: CheckContext, { inside, before }: { inside: EchoPod; before: string }): Promise<void> {
  const { cluster, observe, control } = context;
  const vantage = cluster.placeText(inside.place);
  const what = `what a pod of the platform gets at ${cluster.documented.services.canine.address}`;
  control({ subject: what, vantage, expected: '200', saw: before, held: before.startsWith('200') });
  const after = await dashboardTitle(context, inside);
  observe({ ...equal(`${what}, as before`, { expected: before, saw: after, vantage }), ...lateIf(after === 'timeout') });
}

async function dashboardTitle({ cluster, signal }: CheckContext, { place }: EchoPod): Promise<string> {
  const url = `http://${cluster.documented.services.canine.address}/`;
  const [outcome] = await cluster.probe(place, [{ kind: 'http', url }], signal);
  if (outcome === undefined || outcome.kind === 'failed') throw new Error(`the probe of ${url} did not work`);
  return titleText(outcome);
}

/** An answer by what it says, else by how it failed. */
function titleText(outcome: Outcome): string {
  if (outcome.kind !== 'answered') return outcomeText(outcome).replace(/ after \d+ ms$/, '');
  return `${outcome.status}, ${/<title>(.*?)<\/title>/i.exec(outcome.body)?.[1] ?? outcome.body.slice(0, 60)}`;
}
