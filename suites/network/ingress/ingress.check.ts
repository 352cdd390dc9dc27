import { addressesOf } from '../../../guide/address.ts';
import type { DocumentedCluster } from '../../../guide/cluster.ts';
import { promised } from '../../../guide/limits.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Service } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { anAddress } from '../../fixtures/allocation.ts';
import { check } from '../../fixtures/check.ts';
import { asked as askedOf } from '../../../harness/platform/metallb/load-balancer.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { atHost, claim, silentPort } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Outcome, type Target, outcomeText } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { fromPod, toPod } from '../across-nodes.ts';
import { controller, entranceService, newHost, tenantApp } from './ingress-entrance.ts';
import { worked } from '../../fixtures/worked.ts';
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

function byHost({ ingress }: Pick<DocumentedCluster, 'ingress'>, host: string, path: string): Target {
  return { kind: 'http', url: `http://${ingress.address}${path}`, headers: [`Host: ${host}`] };
}

function bodyOf(outcome: Outcome | undefined): string {
  const seen = worked(outcome);
  if (seen.kind === 'answered') return seen.status === 200 ? seen.body.trim() : String(seen.status);
  return outcomeText(seen);
}

check(requirements['NET-OPT2-ROUTE'], async (context) => {
  const { cluster, connect, observe, control, hint, signal } = context;
  const { documented } = cluster;
  hint(async () => 'kubectl get ingress -A; kubectl -n NAMESPACE get networkpolicy: may the controller reach the tenant (E42)?');
  const apps = await Promise.all([tenantApp(context, 'ingress-tenant'), tenantApp(context, 'ingress-tenant')]);
  const outsider = { host: 'outsider' };
  const isOk = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status === 200;
  await Promise.all(
    apps.map(({ host }) =>
      firstAnswer(
        cluster,
        { from: outsider, to: byHost(documented, host, '/hostname') },
        { timeoutMs: patience('effect'), signal, until: isOk },
      ),
    ),
  );
  const targets = apps.map(({ host }) => byHost(documented, host, '/hostname'));
  const outcomes = await cluster.probe(outsider, [...targets, byHost(documented, newHost(documented), '/hostname')], signal);
  for (const [index, { host, group }] of apps.entries()) {
    const [own, answered] = [group.pods.map(({ pod }) => pod), bodyOf(outcomes[index])];
    observe({
      subject: `who answers for ${host}`,
      vantage: 'outsider',
      expected: `one of ${own.join(', ')}`,
      saw: answered,
      held: own.includes(answered),
    });
    const services = await cluster.kubernetes.core.listNamespacedService({ namespace: group.namespace });
    observe(
      noneOf(`Services with an address of their own in ${group.namespace}`, {
        saw: services.items.filter(({ spec }) => spec?.type === 'LoadBalancer').map(({ metadata }) => metadata?.name ?? ''),
      }),
    );
  }
  control(equal('a host that no Ingress has', { expected: '404', saw: bodyOf(outcomes.at(-1)), vantage: 'outsider' }));
  await connect(
    apps.map(
      (
        {
          group: {
            pods: [first, second],
          },
        },
        index,
      ) => {
        const app = { ...toPod(first), name: `app ${index + 1}, ${toPod(first).name}` };
        const from = { ...fromPod(second), name: `app ${index + 1}, ${fromPod(second).name}` };
        return claim([
          {
            role: 'observation',
            from: atHost('outsider'),
            to: { name: `app ${index + 1} by its host`, target: targets[index] ?? app.target },
            expect: { status: 200 },
          },
          {
            role: 'control',
            from: atHost('outsider'),
            to: silentPort({ name: 'the entrance', target: { kind: 'tcp', host: documented.ingress.address, port: 80 } }),
            expect: 'not-reached',
          },
          { role: 'control', from, to: app, expect: 'reached' },
        ]);
      },
    ),
  );
});

check(requirements['NET-OPT2-WILDCARD'], async ({ cluster, observe, control, signal }) => {
  const { documented } = cluster;
  const { lan, vip, ingress } = documented;
  const [above, ...names] = [`conform-${nonce()}.${vip.hostname}`, newHost(documented), newHost(documented)];
  const asked = [...names, above].map((name): Target => ({ kind: 'dns', server: lan.gateway, name, over: 'udp' }));
  const outcomes = await cluster.probe({ host: 'outsider' }, asked, signal);
  const addresses = (outcome: Outcome | undefined): string[] =>
    outcome?.kind === 'resolved' ? [...outcome.addresses] : [outcomeText(worked(outcome))];
  for (const [index, name] of names.entries())
    observe(equal(`A records of ${name}`, { expected: [ingress.address], saw: addresses(outcomes[index]), vantage: 'outsider' }));
  const other = addresses(outcomes.at(-1));
  control({
    subject: `A records of ${above}, one level higher`,
    vantage: 'outsider',
    expected: `not ${ingress.address}`,
    saw: other.join(', ') || 'none',
    held: !other.includes(ingress.address),
  });
});

/** TEST-NET-2 (RFC 5737): nobody's. */
const invented = '198.51.100.7';
/** What the controller hands to apps about the client (ingress-nginx: ConfigMap, use-forwarded-headers). */
const clientHeaders = ['X-Forwarded-For', 'X-Real-IP'];

check(requirements['NET-OPT2-FORWARDED'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(
    async () =>
      `kubectl -n ${controller.namespace} get configmap ${controller.name} -o yaml: proxy-real-ip-cidr is 0.0.0.0/0 unless set (E63)`,
  );
  const { documented } = cluster;
  const settings = await cluster.kubernetes.core.readNamespacedConfigMap(controller);
  observe(equal('use-forwarded-headers', { expected: 'true', saw: settings.data?.['use-forwarded-headers'] ?? 'not set' }));
  const { host } = await tenantApp(context, 'ingress-tenant');
  const outsider = { host: 'outsider' };
  await firstAnswer(
    cluster,
    { from: outsider, to: byHost(documented, host, '/hostname') },
    { timeoutMs: patience('effect'), signal, until: (outcome) => outcome.kind === 'answered' && outcome.status === 200 },
  );
  const plain = clientHeaders.map((header) => byHost(documented, host, `/header?key=${header}`));
  const forged = plain.map((target): Target =>
    target.kind === 'http'
      ? { ...target, headers: [...(target.headers ?? []), ...clientHeaders.map((header) => `${header}: ${invented}`)] }
      : target,
  );
  const outcomes = await cluster.probe(outsider, [...plain, ...forged], signal);
  for (const [index, header] of clientHeaders.entries()) {
    control(
      equal(`${header} that the app sees of a plain request`, {
        expected: cluster.vantage('outsider').address,
        saw: bodyOf(outcomes[index]),
        vantage: 'outsider',
      }),
    );
    const seen = bodyOf(outcomes[clientHeaders.length + index]);
    // A list is read from its end by those who trust their proxy, from its beginning by those who do not know better.
    observe({
      subject: `${header} that the app sees of a request with ${invented} in it`,
      vantage: 'outsider',
      expected: cluster.vantage('outsider').address,
      saw: seen,
      held: !seen.includes(invented) && seen.includes(cluster.vantage('outsider').address),
    });
  }
});
