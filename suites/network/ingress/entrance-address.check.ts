import { addressesOf } from '../../../guide/address.ts';
import { promised } from '../../../guide/limits.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Service } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { anAddress } from '../../fixtures/allocation.ts';
import { check } from '../../fixtures/check.ts';
import { asked as askedOf } from '../../../harness/platform/metallb/load-balancer.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { atHost, claim } from '../../../harness/probe/claims.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { controller, entranceService } from './ingress-entrance.ts';
import { requirements } from '../requirements.ts';

check(
  requirements['NET-OPT2-ADDR'],
  async (context) => {
    const { cluster, connect, observe } = context;
    const { address } = cluster.documented.ingress;
    const service = await entranceService(cluster.kubernetes);
    observe(
      equal("address of the controller's Service", {
        expected: [address],
        saw: (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
      }),
    );
    const unassigned = await freeAddress(context);
    const from = atHost('outsider');
    await connect([
      claim([
        {
          role: 'observation',
          from,
          to: { name: 'the controller, for a host that it does not know', target: { kind: 'http', url: `http://${address}/` } },
          expect: { status: 404 },
        },
        {
          role: 'observation',
          from,
          to: { name: 'the controller over TLS', target: { kind: 'http', url: `https://${address}/`, insecure: true } },
          expect: { status: 404 },
        },
        {
          role: 'control',
          from,
          to: { name: 'an address that no Service has', target: { kind: 'tcp', host: unassigned, port: 80 } },
          expect: 'not-reached',
        },
      ]),
    ]);
  },
  { uses: ['address-pools'] },
);

/** The last address of the tenants' range that no Service has. */
async function freeAddress({ cluster: { kubernetes, documented } }: CheckContext): Promise<string> {
  const { items } = await kubernetes.core.listServiceForAllNamespaces();
  const taken = items.flatMap(({ status }) => (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  const free = addressesOf(documented.pools.tenant).findLast((address) => !taken.includes(address));
  if (free === undefined) throw new Error('every address of the tenants is taken');
  return free;
}

check(
  requirements['NET-OPT2-ADDR-RESERVED'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const { kubernetes, documented } = cluster;
    const { address } = documented.ingress;
    await changes.remove({ apiVersion: 'v1', kind: 'Service', metadata: { ...controller } });
    const namespace = `conform-full-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const names = addressesOf(documented.pools.tenant).map((_, index) => `conform-full-${index}`);
    await Promise.all(names.map((name) => changes.create(balanced({ namespace, name }))));
    const given = await allDecided(context, namespace, names.length);
    const takers = given.filter(({ ip }) => ip === address).map(({ name }) => name);
    observe(noneOf(`own Services that were given ${address} while the controller's was away`, { saw: takers }));
    const others = given.length - takers.length;
    control({
      subject: 'own Services that were given another address',
      vantage: atApi,
      expected: 'some',
      saw: String(others),
      held: others > 0,
    });
    // Whoever took it gives it back, so that what follows shows that it can be had.
    await Promise.all(
      takers.map(async (name) => kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } }, {}, signal)),
    );
    const asking = balanced({ namespace: controller.namespace, name: `conform-asks-${nonce()}` }, { loadBalancerIP: address });
    const came = await askedOf(kubernetes, () => changes.create(asking), { timeoutMs: promised.network.addressAssignedMs, signal });
    control(anAddress(`address of a Service of ${controller.namespace} that asks for it`, came, address));
    // The controller's own comes back at the end: the address must be free for it.
    const place = { namespace: controller.namespace, name: asking.metadata?.name ?? '' };
    await kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: place }, {}, signal);
  },
  { changes: ['address-pools'] },
);

function balanced({ namespace, name }: { namespace: string; name: string }, more: object = {}): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, selector: { nobody: 'here' }, ports: [{ port: 80 }], ...more },
  };
}

/** Waits until MetalLB has decided on each: an address, or its event that it has none. */
async function allDecided(
  { cluster: { kubernetes }, signal }: CheckContext,
  namespace: string,
  count: number,
): Promise<{ name: string; ip: string }[]> {
  return until(
    `a decision on ${count} Services in ${namespace}`,
    { timeoutMs: patience('manyAddresses'), everyMs: 1000, signal },
    async () => {
      const [services, events] = await Promise.all([
        kubernetes.core.listNamespacedService({ namespace }),
        kubernetes.core.listNamespacedEvent({ namespace, fieldSelector: 'reason=AllocationFailed' }),
      ]);
      const given = services.items.flatMap(({ metadata, status }) =>
        (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ({ name: metadata?.name ?? '', ip })),
      );
      const refused = new Set(
        events.items.map(({ involvedObject }) => involvedObject.name).filter((name) => given.every((each) => each.name !== name)),
      );
      return given.length + refused.size >= count ? { done: given } : { notYet: `${given.length} given, ${refused.size} refused` };
    },
  );
}
